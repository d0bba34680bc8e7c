"""The frozen view models: ready values, so that a template only places them."""
