"""What the CDN does for us: its pull zone, and what it is to forget."""
