from django.urls import path

from routing.planning import api

urlpatterns = [
    path("route-suggestions", api.RouteSuggestionsView.as_view(), name="route-suggestions"),
    path(
        "route-suggestions/<id:suggestion_id>",
        api.RouteSuggestionView.as_view(),
        name="route-suggestion",
    ),
    path("employees", api.EmployeesView.as_view(), name="employees"),
]
