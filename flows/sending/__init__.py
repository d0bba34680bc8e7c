"""From a frozen message to a receipt: screened, joined, judged once more, sent, settled when in doubt."""
