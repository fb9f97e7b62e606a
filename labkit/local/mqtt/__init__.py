"""An MQTT 3.1.1 and 5 server without sockets: bytes in, bytes out.

MQTT 3.1.1: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
MQTT 5: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html
What the comments cite as [MQTT-x.y.z-n] are the numbered statements of the latter.
"""
