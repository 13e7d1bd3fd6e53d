"""The admin's pages of subscriptions, deliveries and events."""
