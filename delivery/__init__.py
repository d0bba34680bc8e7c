"""The way out: who may get what (addressing), mails, transports, dispatch, publishing and the leak scan."""
