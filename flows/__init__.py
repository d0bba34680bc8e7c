"""What happens in which order. Each flow is a plain function; only `deployments` knows Prefect."""
