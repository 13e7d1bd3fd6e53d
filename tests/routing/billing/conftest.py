import pytest

from routing.billing.models import BillingEvent
from routing.planning.models import Appointment
from routing.visits.models import VisitReport
from tests.routing.billing.cast import make_billing_event, make_report


@pytest.fixture
def report(appointment: Appointment) -> VisitReport:
    """Jana's approved report of 90 minutes."""
    return make_report(appointment)


@pytest.fixture
def billing_event(report: VisitReport) -> BillingEvent:
    """Ready: 120.00 EUR."""
    return make_billing_event(report)
