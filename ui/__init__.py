"""Delivery: settings, composition root, command line, HTTP API and the page."""
