"""Signing up, the codes that confirm it, and the messages that bring them."""
