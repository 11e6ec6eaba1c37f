"""The HTTP edge: runs what modules declare, and nothing of its own but health, metrics and the API's page."""
