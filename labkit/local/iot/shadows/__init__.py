"""Device Shadows, classic and named: documents in, documents out; no topics are published here.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html

Where AWS's pages are silent, labkit does what AWS's own shadow service for the edge does, which is made to
agree with the cloud's: https://github.com/aws-greengrass/aws-greengrass-shadow-manager
"""

from labkit.local.iot.shadows.names import ShadowName, ShadowRequest
from labkit.local.iot.shadows.rejections import Rejected
from labkit.local.iot.shadows.requests import Update
from labkit.local.iot.shadows.store import Shadow, Shadows, Updated

__all__ = ["Rejected", "Shadow", "ShadowName", "ShadowRequest", "Shadows", "Update", "Updated"]
