"""django-outbound-webhooks on the product's database."""
