"""The forms by which people come in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

WRONG = (
    "Name and password do not match an account that may sign in here, or there were too many tries: then wait a "
    "quarter of an hour."
)
WRONG_CODE = "This code is not right or was used already, or there were too many tries: then wait a quarter of an hour."


class SignIn(forms.Form):
    username = forms.CharField(
        label="Name",
        max_length=150,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        strip=False, widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"})
    )


class Code(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class Password(forms.Form):
    """A new password, typed twice, as Django's validators want it. `account`: whose it is to be."""

    password = forms.CharField(
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, account: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        typed = found.get("password")
        if typed and typed != found.get("again"):
            self.add_error("again", "The two are not the same.")
        elif typed:
            try:
                validate_password(typed, self.account)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return found


class Welcome(Password):
    """Name and password of somebody new."""

    username = forms.CharField(
        label="The name you sign in with",
        max_length=150,
        validators=[User.username_validator],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "username", "autofocus": True}),
    )
    field_order = ("username", "password", "again")

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("Somebody here has this name already; choose another.")
        self.account.username = name
        return name
