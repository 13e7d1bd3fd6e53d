"""Pages of planning in the admin: they register themselves."""

from routing.planning.appointment_pages import pages as appointment_pages  # noqa: F401
from routing.planning.day_page import pages as day_pages  # noqa: F401
from routing.planning.employee_pages import pages as employee_pages  # noqa: F401
