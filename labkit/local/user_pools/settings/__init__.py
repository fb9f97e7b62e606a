"""What pools and app clients are set to, and what of it AWS refuses."""
