"""The forms of the steps. What configuration may hold is said by its sections, in their own words."""

from __future__ import annotations

import base64
import ipaddress
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any

from babel import Locale
from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts

from config import kept_relay
from config.accounts.forms import Welcome
from config.mail_environment import HOST_NAME
from config.sections import Fault
from feeds import logo
from notifier import addresses

SOURCE_KINDS = {
    "listing": "A page that lists releases",
    "syndication": "A feed (RSS, Atom or JSON Feed)",
}


class Begin(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=100,
        strip=True,
        help_text="It stands at the end of the link.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )


class ConfigurationForm(forms.Form):
    """Fields named as those of a section's row."""

    def take_faults(self, faults: Iterable[Fault], names: Mapping[str, str] | None = None) -> None:
        """Put what a section says to the fields it is about. `names`: fields that are called otherwise here."""
        for fault in faults:
            name = (names or {}).get(fault.field, fault.field)
            text = fault.text.removeprefix(f"{fault.field} ")
            if name in self.fields:
                self.add_error(name, text[:1].upper() + text[1:] + ".")
            else:
                self.add_error(None, str(fault))


class Newsroom(ConfigurationForm):
    name = forms.CharField(label="Name of the newsroom", max_length=200)
    publisher = forms.CharField(
        label="Organisation",
        max_length=200,
        help_text="Who publishes: it stands at the end of every page and in feeds.",
    )
    description = forms.CharField(
        label="In a sentence", max_length=500, required=False, help_text="What readers find here."
    )
    home_url = forms.CharField(
        label="Your own website", max_length=500, required=False, help_text="It begins with https://"
    )
    contact = forms.CharField(
        label="Address for questions",
        max_length=254,
        required=False,
        help_text="Readers see it at the end of every page.",
    )
    zone = forms.ChoiceField(label="Time zone")
    language = forms.ChoiceField(
        label="Language of your releases",
        help_text="Of those that do not say theirs. Pages and messages speak English, French, German, Italian, Russian "
        "and Spanish, as each reader likes.",
    )
    tag_authority = forms.CharField(
        label="Name in identifiers",
        max_length=200,
        help_text="A domain that is yours, and a year in which it was, such as example.org,2025. It goes into the "
        "lasting name of every release, so it can never change once there is one.",
    )

    def __init__(self, *args: Any, settled: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        initial = kwargs.get("initial", {})
        self.fields["zone"].choices = _zones(initial.get("zone", ""))  # type: ignore[attr-defined]
        self.fields["language"].choices = _languages(initial.get("language", ""))  # type: ignore[attr-defined]
        if settled:
            del self.fields["tag_authority"]


class Look(ConfigurationForm):
    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text="An SVG or a PNG of at most 40 kB. It is shown 40 pixels high.",
        widget=forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"}),
    )
    logo_dark = forms.FileField(
        label="Logo on dark ground",
        required=False,
        help_text="Only where the other one cannot be seen there.",
        widget=forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"}),
    )
    logo_has_name = forms.BooleanField(label="The logo holds the newsroom’s name", required=False)
    without = forms.BooleanField(label="Do without a logo", required=False)
    brand = forms.CharField(
        label="Colour on light ground",
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text="Of links and buttons. Text must read well in it.",
    )
    brand_dark = forms.CharField(
        label="Colour on dark ground",
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text="A lighter one.",
    )

    def values(self) -> dict[str, Any]:
        """For the newsroom's row. A logo that was not given stays as it is."""
        found = {name: self.cleaned_data[name] for name in ("logo_has_name", "brand", "brand_dark")}
        if self.cleaned_data["without"]:
            return found | {"logo": "", "logo_dark": "", "logo_has_name": False}
        given = {name: self.cleaned_data[name] for name in ("logo", "logo_dark")}
        return found | {name: text for name, text in given.items() if text}

    def clean_logo(self) -> str:
        return _image(self.cleaned_data.get("logo"))

    def clean_logo_dark(self) -> str:
        return _image(self.cleaned_data.get("logo_dark"))


class Sender(ConfigurationForm):
    sender_name = forms.CharField(
        label="Name of the sender", max_length=200, help_text="What readers see in their mailbox."
    )
    sender_address = forms.CharField(
        label="Address of the sender",
        max_length=254,
        help_text="In a domain whose DNS records you can set. Answers of readers come there.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    postal_address = forms.CharField(
        label="Postal address",
        max_length=300,
        required=False,
        help_text="At the end of every message, where the law wants one.",
    )


class Relay(forms.Form):
    host = forms.CharField(
        label="Mail server",
        max_length=253,
        help_text="Such as smtp.example.org",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    port = forms.IntegerField(label="Port", min_value=1, max_value=65535)
    encryption = forms.ChoiceField(label="Encryption", choices=list(kept_relay.ENCRYPTIONS.items()))
    user = forms.CharField(
        label="Name to sign in with",
        max_length=320,
        required=False,
        help_text="Empty: it lets you in without.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    anyway = forms.BooleanField(label="Keep it although it does not work now", required=False)

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).lower()
        if HOST_NAME.fullmatch(host):
            return host
        try:
            address = ipaddress.ip_address(re.sub(r"\A\[(.*)\]\Z", r"\1", host))
        except ValueError:
            address = None
        if address is None or "%" in host:  # such as fe80::1%eth0, which means nothing on another machine
            raise forms.ValidationError("This is no name of a host, such as smtp.example.org.")
        return str(address)

    def address(self) -> str:
        data = self.cleaned_data
        return kept_relay.spelt(
            data["host"], data["port"], data["encryption"], data["user"], data["password"]
        )


class Source(ConfigurationForm):
    name = forms.CharField(label="What you call it", max_length=200)
    kind = forms.ChoiceField(label="What there is", choices=list(SOURCE_KINDS.items()))
    address = forms.CharField(
        label="Its address",
        max_length=1000,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text="Herald looks there by itself from then on.",
    )


class Administrator(Welcome):
    """Name, address and password of the first account."""

    email = forms.CharField(
        label="Your e-mail address",
        max_length=254,
        help_text="The test message goes there.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, account: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(account, *args, **kwargs)
        self.order_fields(("username", "email", "password", "again"))
        self.fields["username"].widget = forms.TextInput(attrs={"autocomplete": "username", "maxlength": 150})
        for name in ("password", "again"):
            self.fields[name].widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_email(self) -> str:
        try:
            self.account.email = addresses.normalise(self.cleaned_data["email"])
        except addresses.BadAddress as error:
            raise forms.ValidationError(str(error)) from None
        return self.account.email


def _image(file: Any) -> str:
    """An uploaded logo as configuration holds it; "" for none."""
    if not file:
        return ""
    if file.size > logo.LARGEST:
        raise forms.ValidationError(
            f"This file has {file.size / 1000:.0f} kB; at most {logo.LARGEST // 1000} are taken."
        )
    content = file.read()
    text = (
        logo.PNG + base64.b64encode(content).decode()
        if content.startswith(b"\x89PNG")
        else content.decode("utf-8", "replace").lstrip("\ufeff").strip()
    )
    if wrong := logo.fault(text):
        raise forms.ValidationError(f"This file {wrong}.")
    return text


def _zones(present: str) -> list[tuple[str, str]]:
    names = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")}
    return [(name, name.replace("_", " ")) for name in sorted(names | {"UTC", present or "UTC"})]


def _languages(present: str) -> list[tuple[str, str]]:
    known = {code: name for code, name in Locale("en").languages.items() if re.fullmatch("[a-z]{2}", code)}
    return sorted(
        (known | ({present: known.get(present, present)} if present else {})).items(), key=lambda one: one[1]
    )
