"""Metadata records as the poles' catalogs give them, made for the tests."""

_NAMESPACES_19139 = (
    'xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco" '
    'xmlns:gmx="http://www.isotc211.org/2005/gmx" xmlns:gml="http://www.opengis.net/gml/3.2" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"'
)
_NAMESPACES_3 = " ".join(
    f'xmlns:{one}="http://standards.iso.org/iso/19115/-3/{one}/2.0"'
    for one in ("mdb", "mri", "mcc", "cit", "gex", "lan", "gco", "mrl", "mco", "mrd")
)


def iso_19139(name: str, *, identification: bool = True) -> str:
    identified = _IDENTIFICATION if identification else ""
    return f"""<gmd:MD_Metadata {_NAMESPACES_19139}>
<gmd:fileIdentifier><gco:CharacterString>{name}</gco:CharacterString></gmd:fileIdentifier>
<gmd:language><gmd:LanguageCode codeList="x" codeListValue="fre"/></gmd:language>
<gmd:hierarchyLevel><gmd:MD_ScopeCode codeList="x" codeListValue="dataset"/></gmd:hierarchyLevel>
<gmd:locale><gmd:PT_Locale id="EN"><gmd:languageCode>
  <gmd:LanguageCode codeList="x" codeListValue="eng"/></gmd:languageCode></gmd:PT_Locale></gmd:locale>
{identified}
<gmd:distributionInfo><gmd:MD_Distribution><gmd:transferOptions><gmd:MD_DigitalTransferOptions>
<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>https://www.aeris-data.fr/catalogue/ammonia</gmd:URL></gmd:linkage>
<gmd:name><gco:CharacterString>Page du produit</gco:CharacterString></gmd:name></gmd:CI_OnlineResource></gmd:onLine>
<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>https://data.aeris-data.fr/nh3.nc</gmd:URL></gmd:linkage>
<gmd:function><gmd:CI_OnLineFunctionCode codeList="x" codeListValue="download"/></gmd:function>
</gmd:CI_OnlineResource></gmd:onLine>
<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>javascript:alert(1)</gmd:URL></gmd:linkage>
</gmd:CI_OnlineResource></gmd:onLine>
</gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>
<gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:lineage><gmd:LI_Lineage><gmd:statement>
<gco:CharacterString>Restitué des spectres de IASI.</gco:CharacterString>
</gmd:statement></gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo>
</gmd:MD_Metadata>"""


_IDENTIFICATION = """<gmd:identificationInfo><gmd:MD_DataIdentification>
<gmd:citation><gmd:CI_Citation>
<gmd:title><gco:CharacterString>Ammoniac de IASI</gco:CharacterString><gmd:PT_FreeText><gmd:textGroup>
<gmd:LocalisedCharacterString locale="#EN">Ammonia from IASI</gmd:LocalisedCharacterString>
</gmd:textGroup></gmd:PT_FreeText></gmd:title>
<gmd:date><gmd:CI_Date><gmd:date><gco:Date>2018-05-01</gco:Date></gmd:date><gmd:dateType>
<gmd:CI_DateTypeCode codeList="x" codeListValue="publication"/></gmd:dateType></gmd:CI_Date></gmd:date>
<gmd:identifier><gmd:MD_Identifier><gmd:code><gmx:Anchor xlink:href="https://doi.org/10.25326/500">10.25326/500
</gmx:Anchor></gmd:code></gmd:MD_Identifier></gmd:identifier>
</gmd:CI_Citation></gmd:citation>
<gmd:abstract><gco:CharacterString>Colonnes totales.</gco:CharacterString><gmd:PT_FreeText><gmd:textGroup>
<gmd:LocalisedCharacterString locale="#EN">Total columns.</gmd:LocalisedCharacterString>
</gmd:textGroup></gmd:PT_FreeText></gmd:abstract>
<gmd:status><gmd:MD_ProgressCode codeList="x" codeListValue="onGoing"/></gmd:status>
<gmd:pointOfContact><gmd:CI_ResponsibleParty>
<gmd:individualName><gco:CharacterString>A. Martin</gco:CharacterString></gmd:individualName>
<gmd:organisationName><gco:CharacterString>LATMOS</gco:CharacterString></gmd:organisationName>
<gmd:contactInfo><gmd:CI_Contact><gmd:address><gmd:CI_Address><gmd:electronicMailAddress>
<gco:CharacterString>contact@example.org</gco:CharacterString></gmd:electronicMailAddress></gmd:CI_Address>
</gmd:address></gmd:CI_Contact></gmd:contactInfo>
<gmd:role><gmd:CI_RoleCode codeList="x" codeListValue="originator"/></gmd:role></gmd:CI_ResponsibleParty>
</gmd:pointOfContact>
<gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword><gco:CharacterString>ammoniac</gco:CharacterString></gmd:keyword>
<gmd:thesaurusName><gmd:CI_Citation><gmd:title><gco:CharacterString>GEMET</gco:CharacterString></gmd:title>
</gmd:CI_Citation></gmd:thesaurusName></gmd:MD_Keywords></gmd:descriptiveKeywords>
<gmd:resourceConstraints><gmd:MD_LegalConstraints>
<gmd:useConstraints><gmd:MD_RestrictionCode codeList="x" codeListValue="otherRestrictions"/></gmd:useConstraints>
<gmd:otherConstraints><gmx:Anchor xlink:href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</gmx:Anchor>
</gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>
<gmd:westBoundLongitude><gco:Decimal>-10</gco:Decimal></gmd:westBoundLongitude>
<gmd:eastBoundLongitude><gco:Decimal>40</gco:Decimal></gmd:eastBoundLongitude>
<gmd:southBoundLatitude><gco:Decimal>30</gco:Decimal></gmd:southBoundLatitude>
<gmd:northBoundLatitude><gco:Decimal>46</gco:Decimal></gmd:northBoundLatitude>
</gmd:EX_GeographicBoundingBox></gmd:geographicElement>
<gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent><gml:TimePeriod gml:id="t">
<gml:beginPosition>2008-01</gml:beginPosition><gml:endPosition indeterminatePosition="now"/>
</gml:TimePeriod></gmd:extent></gmd:EX_TemporalExtent></gmd:temporalElement>
</gmd:EX_Extent></gmd:extent>
</gmd:MD_DataIdentification></gmd:identificationInfo>"""


def iso_19115_3(name: str) -> str:
    def text(tag: str, content: str) -> str:
        return f"<{tag}><gco:CharacterString>{content}</gco:CharacterString></{tag}>"

    return f"""<mdb:MD_Metadata {_NAMESPACES_3}>
<mdb:metadataIdentifier><mcc:MD_Identifier>{text("mcc:code", name)}</mcc:MD_Identifier></mdb:metadataIdentifier>
<mdb:defaultLocale><lan:PT_Locale id="EN"><lan:language><lan:LanguageCode codeList="x" codeListValue="eng"/>
</lan:language></lan:PT_Locale></mdb:defaultLocale>
<mdb:identificationInfo><mri:MD_DataIdentification><mri:citation><cit:CI_Citation>
{text("cit:title", "Ground velocity maps")}
</cit:CI_Citation></mri:citation>{text("mri:abstract", "InSAR velocities.")}
<mri:pointOfContact><cit:CI_Responsibility>
<cit:role><cit:CI_RoleCode codeList="x" codeListValue="publisher"/></cit:role>
<cit:party><cit:CI_Organisation>{text("cit:name", "FormaTerre")}<cit:individual><cit:CI_Individual>
{text("cit:name", "B. Durand")}</cit:CI_Individual></cit:individual></cit:CI_Organisation></cit:party>
</cit:CI_Responsibility></mri:pointOfContact>
<mri:extent><gex:EX_Extent><gex:geographicElement><gex:EX_GeographicBoundingBox>
<gex:westBoundLongitude><gco:Decimal>170</gco:Decimal></gex:westBoundLongitude>
<gex:eastBoundLongitude><gco:Decimal>-170</gco:Decimal></gex:eastBoundLongitude>
<gex:southBoundLatitude><gco:Decimal>-20</gco:Decimal></gex:southBoundLatitude>
<gex:northBoundLatitude><gco:Decimal>-10</gco:Decimal></gex:northBoundLatitude>
</gex:EX_GeographicBoundingBox></gex:geographicElement></gex:EX_Extent></mri:extent>
<mri:resourceConstraints><mco:MD_LegalConstraints>{text("mco:otherConstraints", "Sur demande.")}
</mco:MD_LegalConstraints></mri:resourceConstraints>
</mri:MD_DataIdentification></mdb:identificationInfo>
<mdb:resourceLineage><mrl:LI_Lineage>{text("mrl:statement", "From Sentinel-1.")}</mrl:LI_Lineage></mdb:resourceLineage>
</mdb:MD_Metadata>"""


def csw_answer(records: list[str], total: int, following: int) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" version="2.0.2">
<csw:SearchResults numberOfRecordsMatched="{total}" numberOfRecordsReturned="{len(records)}"
 nextRecord="{following}" elementSet="full">{"".join(records)}</csw:SearchResults></csw:GetRecordsResponse>""".encode()


def eml(
    name: str, *, licence: str = "https://creativecommons.org/licenses/by/4.0/legalcode", dataset: bool = True
) -> bytes:
    described = _DATASET.replace("LICENCE", licence) if dataset else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" packageId="{name}/v1.4" system="http://gbif.org"
 xml:lang="fre">{described}</eml:eml>""".encode()


_DATASET = """<dataset><alternateIdentifier>https://doi.org/10.15468/3kvaeh</alternateIdentifier>
<title xml:lang="fr">Occurrences de plantes</title><title xml:lang="en">Plant occurrences</title>
<creator><individualName><givenName>C.</givenName><surName>Petit</surName></individualName>
<organizationName>CNRS GEODE</organizationName><electronicMailAddress>c@example.org</electronicMailAddress></creator>
<pubDate>2020-03-01</pubDate><language>fre</language>
<abstract><para>Dix espèces.</para></abstract>
<keywordSet><keyword>Occurrence</keyword><keywordThesaurus>GBIF Dataset Type Vocabulary</keywordThesaurus></keywordSet>
<intellectualRights><para>This work is licensed under <ulink url="LICENCE"><citetitle>a licence</citetitle></ulink>.
</para></intellectualRights>
<distribution><online><url function="information">https://ipt.example.org/resource</url></online></distribution>
<coverage><geographicCoverage><geographicDescription>France</geographicDescription><boundingCoordinates>
<westBoundingCoordinate>-5</westBoundingCoordinate><eastBoundingCoordinate>10</eastBoundingCoordinate>
<northBoundingCoordinate>51</northBoundingCoordinate><southBoundingCoordinate>41</southBoundingCoordinate>
</boundingCoordinates></geographicCoverage>
<temporalCoverage><rangeOfDates><beginDate><calendarDate>1651</calendarDate></beginDate>
<endDate><calendarDate>2004</calendarDate></endDate></rangeOfDates></temporalCoverage>
<taxonomicCoverage><taxonomicClassification><taxonRankName>kingdom</taxonRankName>
<taxonRankValue>Plantae</taxonRankValue></taxonomicClassification></taxonomicCoverage></coverage></dataset>"""


def station_xml(networks: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<FDSNStationXML xmlns="http://www.fdsn.org/xml/station/1" schemaVersion="1.1"><Source>RESIF</Source>
<Created>2024-01-01T00:00:00</Created>{networks}</FDSNStationXML>""".encode()


def network(code: str, stations: str = "", start: str = "1982-01-01T00:00:00.0000") -> str:
    return f"""<Network code="{code}" startDate="{start}" restrictedStatus="open">
<Description>Network {code}</Description><Identifier type="DOI">10.18715/geoscope.{code.lower()}</Identifier>
<TotalNumberStations>2</TotalNumberStations>{stations}</Network>"""


def station(
    code: str, latitude: str = "-35.3", *, start: str = "1987-11-27T00:00:00", end: str = "2599-12-31T23:59:59"
) -> str:
    return f"""<Station code="{code}" startDate="{start}" endDate="{end}"><Latitude>{latitude}</Latitude>
<Longitude>148.9</Longitude><Elevation>700.0</Elevation><Site><Name>Canberra, Australia</Name></Site>
<Channel code="LHZ" locationCode="00" startDate="{start}"><Depth>0</Depth><Azimuth>0</Azimuth><Dip>-90</Dip>
<SampleRate>1E00</SampleRate><Sensor><Description>STRECKEISEN STS1</Description></Sensor></Channel></Station>"""
