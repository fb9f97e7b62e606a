"""Tokens: made, customised, renewed, revoked."""
