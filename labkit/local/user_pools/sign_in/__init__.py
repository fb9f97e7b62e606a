"""Signing in: flows, challenges, and what leads from one to the next."""
