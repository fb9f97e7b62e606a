"""The sockets of AWS IoT Core: MQTT over WebSocket with SigV4, and MQTT with client certificates.

https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from labkit.local.gateway.gateway import Gateway as Gateway
