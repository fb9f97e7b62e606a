"""What a user proves besides the password: codes, authenticator apps, devices, passkeys."""
