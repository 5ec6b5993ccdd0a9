"""The documents that keep a custom app's subscriptions; those of other apps stand in the app file."""

from __future__ import annotations

LIST_SUBSCRIPTIONS = """
query ListSubscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri includeFields }
    pageInfo { hasNextPage endCursor }
  }
}
"""

CREATE_SUBSCRIPTION = """
mutation CreateSubscription($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

CORRECT_SUBSCRIPTION = """
mutation CorrectSubscription($id: ID!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

REMOVE_SUBSCRIPTION = """
mutation RemoveSubscription($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
"""

SUBSCRIPTIONS_ALL = {
    "ListSubscriptions": LIST_SUBSCRIPTIONS,
    "CreateSubscription": CREATE_SUBSCRIPTION,
    "CorrectSubscription": CORRECT_SUBSCRIPTION,
    "RemoveSubscription": REMOVE_SUBSCRIPTION,
}
