"""What a host refuses, in one sentence each, in which no token stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.errors import PatchError

TIMEOUT_S = 30
"""For how long a host is waited for."""
_MOST = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of whom, and with which token."""

    url: str
    """Of the API."""
    project: str
    variable: str
    """Of the environment, that the token is in."""
    token: str = field(repr=False)

    def address(self, url: object) -> str:
        """Return the address of a page that the host told; PatchError for what is none."""
        if not (isinstance(url, str) and url.startswith(("https://", "http://"))):
            raise self.refused(None, f"expected the address of a request, got {url!r}")
        return url

    def refused(self, status: int | None, said: object) -> PatchError:
        """Return the error for an answer that is not what was asked for."""
        told = re.sub(r"\s+", " ", str(said)).strip().replace(self.token, "…")[:_MOST]
        whose = f"the token in {self.variable}"
        what = {
            None: "does not answer as the API of this host does",
            401: f"does not accept {whose}",
            403: f"does not let {whose} do this to {self.project}",
            404: f"has no {self.project} that {whose} may see",
        }.get(status, f"refuses a request for {self.project} ({status})")
        return PatchError(f"{self.url} {what}: {told}")

    def unreached(self, error: Exception) -> PatchError:
        """Return the error for a host that does not answer."""
        why = {
            "SSLError": "its certificate is not trusted",
            "ConnectTimeout": f"no answer in {TIMEOUT_S} s",
            "ReadTimeout": f"no answer in {TIMEOUT_S} s",
        }.get(type(error).__name__, f"no connection ({type(error).__name__})")
        return PatchError(f"{self.url}: cannot be reached: {why}")
