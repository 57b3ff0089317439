"""The routes of the service, theme by theme: the API first, then the pages."""

from __future__ import annotations

from gaia_vre.service import pages, routes
from gaia_vre.service.account import pages as account_pages
from gaia_vre.service.apps import pages as app_pages
from gaia_vre.service.apps import routes as app_routes
from gaia_vre.service.catalog import pages as catalog_pages
from gaia_vre.service.catalog import routes as access
from gaia_vre.service.catalog import search_routes
from gaia_vre.service.messages import pages as message_pages
from gaia_vre.service.messages import routes as message_routes
from gaia_vre.service.openings import routes as opening_routes
from gaia_vre.service.operate import pages as operate_pages
from gaia_vre.service.operate import people_pages as operate_people
from gaia_vre.service.operate import server_pages as operate_servers
from gaia_vre.service.projects import life_pages, life_routes, moving_pages, moving_routes, past_routes
from gaia_vre.service.projects import pages as project_pages
from gaia_vre.service.projects import routes as project_routes
from gaia_vre.service.projects import server_pages as project_server_pages
from gaia_vre.service.projects import server_routes as project_server_routes
from gaia_vre.service.publishing import dataset_pages, dataset_routes
from gaia_vre.service.publishing import pages as publishing_pages
from gaia_vre.service.publishing import routes as publishing_routes
from gaia_vre.service.quotas import leases
from gaia_vre.service.quotas import pages as quota_pages
from gaia_vre.service.quotas import report as quota_report
from gaia_vre.service.quotas import routes as quota_history
from gaia_vre.service.quotas import shares as quota_shares
from gaia_vre.service.sandboxes import pages as sandbox_pages
from gaia_vre.service.sandboxes import routes as sandbox_routes
from gaia_vre.service.sandboxes import visitor_pages
from gaia_vre.service.starts import routes as start_routes
from gaia_vre.service.visits import routes as visit_routes

_API = (
    routes,
    access,
    search_routes,
    leases,
    quota_history,
    message_routes,
    start_routes,
    visit_routes,
    opening_routes,
    moving_routes,
    life_routes,
    past_routes,
    project_routes,
    project_server_routes,
    publishing_routes,
    dataset_routes,
    app_routes,
    sandbox_routes,
)
_PAGES = (
    message_pages,
    quota_pages,
    project_server_pages,
    publishing_pages,
    moving_pages,
    dataset_pages,
    app_pages,
    project_pages,
    life_pages,
    quota_report,
    quota_shares,
    sandbox_pages,
    visitor_pages,
    pages,
    account_pages,
    operate_pages,
    operate_people,
    operate_servers,
    catalog_pages,
)
ROUTERS = tuple(part.router for part in (*_API, *_PAGES))
