"""Questions that people ask, and what they must find among the first three."""

from __future__ import annotations

import pytest

from gaia_vre.catalog.reader import Catalog

QUESTIONS = {
    "SST": "ostia-monthly",
    "température de surface de la mer": "nemo-tos-2015",
    "sea surface temperature anomaly": "oisst-1981-12-31",
    "monthly sea surface temperature tropical Pacific": "ostia-monthly",
    "niveau de la mer": "SEALEVEL_GLO_PHY_L4_MY_008_047",
    "altimetry European seas": "SEALEVEL_EUR_PHY_L4_MY_008_068",
    "hauteur des vagues": "WAVE_GLO_PHY_SWH_L4_MY_014_007",
    "flotteurs Argo salinité": "argo-gdac",
    "chlorophylle océan": "OCEANCOLOUR_GLO_BGC_L4_MY_009_104",
    "réanalyse océanique": "GLOBAL_MULTIYEAR_PHY_001_030",
    "qualité de l'air PM10": "cams-pm10-2020-01-02",
    "ammonia satellite": "iasi-metop-a-nh3-l2-anni",
    "ozone from aircraft": "EO.AERIS.DAT.IAGOS",
    "vent en Méditerranée": "cordex-remo-rcp45-sfcwind",
    "température de l'air Europe": "cordex-eur11-tas",
    "scénarios climatiques CMIP6 ssp585": "cmip6-cnrm-cm6-1-ssp585",
    "occupation du sol France": "THEIA_OSO_RASTER_L3B",
    "global land cover": "THEIA_POSTEL_LANDCOVER_GLOBCOVER",
    "humidité des sols parcelles agricoles": "s2mp-rpg-fr",
    "indice foliaire": "THEIA_POSTEL_VEGETATION_LAI",
    "Sentinel-2 réflectance de surface": "THEIA_REFLECTANCE_SENTINEL2_L2A",
    "modèle numérique de terrain Brésil": "olinda-elevation",
    "hauteur des arbres en forêt": "FORMSpoT",
    "coupes rases": "sufosat",
    "dépérissement du chêne": "reconfort-chene",
    "images Pléiades": "dinamis-pleiades",
    "séisme Japon": "tohoku-2011-tly",
    "earthquakes Indonesia": "usgs-earthquakes-2024",
    "déformation du sol InSAR volcans": "FLATSIM_TIMESERIE",
    "GNSS network": "renag",
    "champ de gravité GRACE": "L2A_CNES_SAGSA_GGM_CHO_1MONTH",
    "répartition des espèces Californie": "ariolimax-buttoni",
    "herbier plantes": "mnhn-herbarium-p",
    "taxonomy": "taxref",
}
SST = ("SST", "température de surface de la mer", "sea_surface_temperature", "sea surface temperatures", "TSM")


@pytest.mark.parametrize(("question", "expected"), QUESTIONS.items())
def test_people_find_what_they_ask_for(catalog: Catalog, question: str, expected: str) -> None:
    assert expected in [one.id for one in catalog.search(question)][:3]


def test_all_names_of_a_thing_find_the_same_in_the_same_order(catalog: Catalog) -> None:
    found = [[one.id for one in catalog.search(name)] for name in SST]
    assert found.count(found[0]) == len(SST)
    assert found[0]


def test_the_results_tell_what_was_searched_besides(catalog: Catalog) -> None:
    results = catalog.search("SST")
    assert "Also searched: sea surface temperature" in repr(results)
    assert "température de surface de la mer" in results._repr_html_()
