"""What comes back to our messages, and what follows from it.

    listener, mailboxes --bytes, return path--> parsing -> reading -> Reading \
    webhooks: a provider's report ----------------------------------> Report  -> recording: Reply, Suppression
                                            identity: the signed return path /

Whom it is about is known from what Herald itself has signed, never from what a message says: so nobody can unsubscribe
others by forging a bounce. Nothing is ever answered.
"""
