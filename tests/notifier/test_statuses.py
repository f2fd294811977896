"""What replies mean, in situations that the mail servers of this world put a sender in."""

import pytest

from notifier.sending import statuses
from notifier.sending.statuses import Meaning
from notifier.sending.wire import Reply

M = Meaning


@pytest.mark.parametrize(
    ("situation", "verb", "code", "text", "meaning"),
    [
        # Gmail
        ("the account is unknown", "RCPT", 550, "5.1.1 The email account does not exist", M.FINAL),
        ("the account was closed", "RCPT", 550, "5.2.1 The account is disabled", M.FINAL),
        ("the mailbox is full, for now", "RCPT", 452, "4.2.2 The recipient is out of storage", M.LATER),
        ("the mailbox is full, for good", "RCPT", 552, "5.2.2 The recipient is over quota", M.FINAL),
        ("we are too fast", ".", 421, "4.7.28 Unusual rate of mail from your address", M.LEAVING),
        ("a rate, without hanging up", ".", 450, "4.7.28 Unusual rate of mail", M.SLOWER),
        ("neither SPF nor DKIM", ".", 550, "5.7.26 This mail is unauthenticated", M.ABOUT_US),
        ("no reverse name", ".", 550, "5.7.25 The address has no PTR record", M.ABOUT_US),
        ("it looks like spam", ".", 550, "5.7.1 Likely unsolicited mail", M.POLICY),
        ("the relay wants a password", "MAIL", 530, "5.7.0 Authentication required", M.OURS),
        ("too large", ".", 552, "5.3.4 The message exceeds the size limit", M.FINAL),
        # Outlook, Exchange Online
        ("nobody of that name", "RCPT", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound", M.FINAL),
        ("a closed group", "RCPT", 550, "5.7.133 Sender not authenticated for group", M.FINAL),
        ("our address is banned", "RCPT", 550, "5.7.606 Access denied, banned sending IP", M.ABOUT_US),
        ("our network is on a list", "MAIL", 550, "5.7.1 Part of the network is on the block list", M.OURS),
        ("DMARC says reject", ".", 550, "5.7.509 Access denied, does not pass DMARC", M.ABOUT_US),
        ("throttled", "RCPT", 451, "4.7.500 Server busy, please try again later", M.SLOWER),
        ("throttled at the beginning", "MAIL", 451, "4.7.650 The mail server is rate limited", M.BUSY),
        ("may not send as that", ".", 554, "5.2.252 SendAsDenied; not allowed to send as", M.FINAL),
        # Postfix
        ("unknown user", "RCPT", 550, "5.1.1 <…>: Recipient address rejected: User unknown", M.FINAL),
        ("greylisted", "RCPT", 450, "4.2.0 <…>: Recipient address rejected: Greylisted", M.LATER),
        ("relaying denied", "RCPT", 554, "5.7.1 <…>: Relay access denied", M.POLICY),
        ("no room on its disk", "MAIL", 452, "4.3.1 Insufficient system storage", M.BUSY),
        ("announced size too large", "MAIL", 552, "5.3.4 Message size exceeds fixed limit", M.FINAL),
        ("sender not owned", "RCPT", 553, "5.7.1 <…>: Sender address rejected: not owned by user", M.POLICY),
        ("all refused, at DATA", "DATA", 554, "5.5.1 Error: no valid recipients", M.OURS),
        ("goes down", "RCPT", 421, "4.3.2 Server shutting down", M.LEAVING),
        ("its tables cannot be read", "RCPT", 451, "4.3.0 <…>: Temporary lookup failure", M.LATER),
        # Exim, which says no enhanced codes unless told to
        ("unknown user", "RCPT", 550, "Unrouteable address", M.FINAL),
        ("a callout did not succeed", "RCPT", 451, "Could not complete recipient verify callout", M.LATER),
        ("policy without a word why", ".", 554, "Rejected by local scan", M.POLICY),
        ("too much at once", "MAIL", 451, "Load too high, please try later", M.BUSY),
        ("too large", ".", 552, "Message size exceeds maximum permitted", M.FINAL),
        # Sendmail
        ("unknown user", "RCPT", 550, "5.1.1 <…>... User unknown", M.FINAL),
        ("our domain does not resolve", "MAIL", 553, "5.1.8 <…>... Domain of sender does not exist", M.OURS),
        ("greylisted", "RCPT", 451, "4.7.1 Greylisting in action, please come back later", M.SLOWER),
        ("mailbox full", "RCPT", 552, "5.2.2 <…>... Mailbox full", M.FINAL),
        ("moved", "RCPT", 551, "5.1.6 User has moved; please try another address", M.FINAL),
        # by their codes
        ("taken", ".", 250, "2.0.0 Ok", M.GOOD),
        ("code and status disagree: for now", "RCPT", 550, "4.2.2 later perhaps", M.LATER),
        ("code and status disagree: for now", "RCPT", 450, "5.1.1 unknown", M.LATER),
        ("an address is no status", "RCPT", 550, "5.1.1.1 is not among us", M.FINAL),
        ("the domain takes no mail", "RCPT", 556, "5.1.10 Null MX", M.FINAL),
        ("sign in first", "RCPT", 530, "5.7.0 Must issue a STARTTLS command first", M.OURS),
        ("sign in first, at the dot", ".", 530, "5.7.0 sign in", M.ABOUT_US),
        ("at DATA, busy", "DATA", 451, "4.7.1 try again", M.BUSY),
        ("at DATA, something", "DATA", 451, "4.3.0 try again", M.LATER),
    ],
)  # fmt: skip
def test_what_a_reply_means(situation, verb, code, text, meaning):
    assert statuses.meaning(verb, Reply(code, text)) is meaning, situation
