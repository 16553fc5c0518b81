"""Certificates that hold for a day: an authority, and what it signs."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Any

from gluepot.errors import MissingExtraError
from gluepot.host.scratch import temporary_folder

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # it comes with moto
    raise MissingExtraError.of("demo", "the stand-in for Astra") from None

VALID = dt.timedelta(days=1)


@dataclass(frozen=True)
class Signed:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


class Authority:
    """Signs certificates of servers and clients, and is the only one that they trust."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("gluepot stand-in authority")
        made = _builder(self._name, self._name, self._key.public_key(), self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_usage(signs=True), critical=True)
        self.certificate = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def server(self) -> Signed:
        """Sign for a server on this machine."""
        local = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        return self._sign("127.0.0.1", ExtendedKeyUsageOID.SERVER_AUTH, local)

    def client(self) -> Signed:
        """Sign for a database's clients; its name is nobody's."""
        names = x509.SubjectAlternativeName([x509.DNSName("client.invalid")])
        return self._sign("client", ExtendedKeyUsageOID.CLIENT_AUTH, names)

    def context(self) -> ssl.SSLContext:
        """Make the TLS context of a server that lets in only clients with a certificate of ours."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(cadata=self.certificate.decode())
        signed = self.server()
        with temporary_folder() as folder:  # ssl takes keys from files only
            place = folder / "both"
            place.touch(mode=0o600)
            place.write_bytes(signed.certificate + signed.key)
            made.load_cert_chain(place)
        return made

    def _sign(self, name: str, purpose: x509.ObjectIdentifier, names: x509.SubjectAlternativeName) -> Signed:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(_name(name), self._name, key.public_key(), self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(_usage(signs=False), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        made = made.add_extension(names, critical=False)
        return Signed(
            made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, issuers_key: Any) -> x509.CertificateBuilder:  # noqa: ANN401 - public keys
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
