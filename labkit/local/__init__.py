"""The local account: everything that makes moto behave like AWS."""
