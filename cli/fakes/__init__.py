"""Paid services, played on loopback: they speak the real contract over HTTP, for tests, benches and the demo."""
