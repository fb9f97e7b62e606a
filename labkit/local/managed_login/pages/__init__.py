"""The pages at which a person signs up and signs in: HTML forms that need no script."""
