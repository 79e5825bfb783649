"""The library at Vimeo: paced requests, sync, daily numbers."""
