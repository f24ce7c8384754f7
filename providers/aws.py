"""Calls to Amazon Web Services: regions, endpoints, signatures.

Keys come from the call's `aws_…` parameters or from where every AWS tool looks for them; botocore, an extra, finds them
and signs. A Bedrock API key is sent as it is and needs no botocore.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.provider import first_set
from rillm.streams.errors import AuthenticationError, BadRequestError, MissingExtraError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

REGION_ENV: Final = ("AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION")
# What else decides who we are: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
IDENTITY_ENV: Final = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
)  # fmt: skip
EXTRA: Final = "bedrock"
CONTENT_TYPE: Final = {"Content-Type": "application/json"}


def region_of(model: str, given: Mapping[str, Any]) -> str:
    """The region to call: as given, as in the model's ARN, from the environment, from the profile.

    Args:
        model: perhaps an ARN: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/…`.
        given: the `aws_…` parameters of the call.

    Raises:
        BadRequestError: none of them tells.
    """
    of_arn = model.split(":")[3] if model.startswith("arn:") and model.count(":") > 3 else None  # noqa: PLR2004 - its place
    region = given.get("aws_region_name") or of_arn or first_set(REGION_ENV) or region_of_profile(given)
    if not region:
        raise BadRequestError(
            f"No AWS region: set {' or '.join(REGION_ENV)}, or pass aws_region_name=.", model, "bedrock"
        )
    return str(region)


def region_of_profile(given: Mapping[str, Any]) -> str | None:
    """The region in the user's AWS configuration, where botocore is there to read it."""
    try:
        with errors_of_aws():
            region: str | None = session(given).get_config_variable("region")
    except MissingExtraError:
        return None
    return region


def signer(region: Callable[[], str], service: str, given: Mapping[str, Any]) -> Callable[[str, bytes], dict[str, str]]:
    """What makes the headers that sign a request by Signature Version 4, for the `sign` of a `Request`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

    Args:
        region: tells the region when it is needed.
        service: as it stands in the signature: "bedrock".
        given: the `aws_…` parameters of the call.
    """

    def sign(url: str, body: bytes) -> dict[str, str]:
        auth, requests = from_extra(EXTRA, "botocore.auth"), from_extra(EXTRA, "botocore.awsrequest")
        request = requests.AWSRequest("POST", url, CONTENT_TYPE, body)
        with errors_of_aws():
            auth.SigV4Auth(credentials(given), service, region()).add_auth(request)
        return dict(request.headers.items())

    return sign


def credentials(given: Mapping[str, Any]) -> Any:
    """Keys as given, else from where AWS's own tools have them. May wait for the network.

    Raises:
        AuthenticationError: there are none.
        MissingExtraError: there is no botocore to look for them.
    """
    key, secret = given.get("aws_access_key_id"), given.get("aws_secret_access_key")
    if bool(key) != bool(secret):
        raise AuthenticationError(
            "aws_access_key_id= and aws_secret_access_key= are of use only together.", llm_provider="bedrock"
        )
    if key:
        return from_extra(EXTRA, "botocore.credentials").Credentials(key, secret, given.get("aws_session_token"))
    found = session(given).get_credentials()
    if found is None:
        raise AuthenticationError(
            "No AWS credentials: set AWS_BEARER_TOKEN_BEDROCK or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in "
            "with the AWS CLI, or pass api_key=, or aws_access_key_id= and aws_secret_access_key=.",
            "bedrock",
        )
    return found.get_frozen_credentials()


def session(given: Mapping[str, Any]) -> Any:
    """botocore's session for these parameters and this environment; it renews keys that expire."""
    return session_of(given.get("aws_profile_name"), tuple(os.environ.get(name) for name in IDENTITY_ENV))


@lru_cache(maxsize=16)
def session_of(profile: str | None, _identity: tuple[str | None, ...]) -> Any:
    return from_extra(EXTRA, "botocore.session").Session(profile=profile)


@contextmanager
def errors_of_aws() -> Generator[None]:
    """Raise our error for botocore's: a profile that is not there, a login that has expired."""
    exceptions = from_extra(EXTRA, "botocore.exceptions")
    try:
        yield
    except (exceptions.BotoCoreError, exceptions.ClientError) as error:
        raise AuthenticationError(f"There are no AWS credentials to be had: {error}", llm_provider="bedrock") from error
