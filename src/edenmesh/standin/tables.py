"""The tables of the stand-in, as a real Sahana Eden server of the default template describes them.

Labels, types, options, defaults and what is required were taken from mobile schemas of that server, lengths and
the rest from its code. `org_facility`, `org_organisation_type` and the tables with no mobile form of their own
follow the code alone. Fields that no form offers are here only where an export shows them.
"""

from edenmesh.standin.columns import (
    COMMENTS,
    YES_NO,
    choice,
    email,
    hidden,
    hidden_reference,
    location,
    master,
    obsolete,
    organisation,
    phone,
    plain,
    reference,
    shown,
    website,
)
from edenmesh.standin.schema import Component, Field, Table
from edenmesh.standin.values import (
    as_degrees,
    as_text,
    country_code,
    degrees,
    integer_between,
    one_of,
    when_true,
)

_SITE_ENTITIES = (("doc_entity", "doc_id"), ("pr_pentity", "pe_id"), ("org_site", "site_id"))
_DOCUMENTS = (Component("document", "doc_document", "doc_id"), Component("image", "doc_image", "doc_id"))
_LEVELS = (("", ""), *((f"L{level}", f"L{level}") for level in range(6)))
_FEATURES = ("None", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_FEATURE_TYPES = tuple((str(n), label) for n, label in enumerate((*_FEATURES, "GeometryCollection")))
_GENDERS = (("1", ""), ("2", "female"), ("3", "male"))
_PRIORITIES = (("", ""), *((str(n), str(n)) for n in range(1, 10)))
_ACCESS = (("1", "Private"), ("2", "Public"))
_ROLE_TYPES = (("1", "Organization Units"), ("9", "Other"))
_SITE_TYPES = (("org_office", "Office"), ("org_facility", "Facility"))
_IMAGE_TYPES = (("1", "Photograph"), ("2", "Map"), ("3", "Document Scan"), ("99", "other"))
_PERSON_IMAGE_TYPES = (
    ("1", "Photograph"),
    ("2", "Sketch"),
    ("3", "Fingerprint"),
    ("4", "X-Ray"),
    ("5", "Document Scan"),
    ("9", "other"),
)
_ADDRESS_TYPES = (
    ("1", "Current Home Address"),
    ("2", "Permanent Home Address"),
    ("3", "Office Address"),
    ("9", "Other Address"),
)
_CONTACT_METHODS = (
    ("EMAIL", "Email"),
    ("FACEBOOK", "Facebook"),
    ("FAX", "Fax"),
    ("HOME_PHONE", "Home Phone"),
    ("RADIO", "Radio Callsign"),
    ("SKYPE", "Skype"),
    ("SMS", "Mobile Phone"),
    ("TWITTER", "Twitter"),
    ("WHATSAPP", "WhatsApp"),
    ("WORK_PHONE", "Work Phone"),
    ("LINKEDIN", "LinkedIn Profile"),
    ("OTHER", "Other"),
)

_ORGANISATIONS = (
    Table(
        "org_organisation",
        "Organization Details",
        "Organizations",
        (
            plain("name", "Name", required=True, longest=128),
            shown("acronym", "Acronym", longest=16),
            shown("country", "Home Country", empties_to_null=True, check=country_code),
            phone("phone", "Phone #"),
            website("website", "Website"),
            shown("year", "Year", "integer", check=integer_between(1850, 2099)),
            plain("logo", "Logo", "upload"),
            COMMENTS,
            hidden_reference("root_organisation", "org_organisation"),
        ),
        "Organization deleted",
        (("pr_pentity", "pe_id"),),
        (
            Component("site", "org_site", "organisation_id", is_imported=False),
            Component("office", "org_office", "organisation_id"),
            Component("facility", "org_facility", "organisation_id"),
            Component("sector_organisation", "org_sector_organisation", "organisation_id"),
            Component("contact_person", "pr_contact_person", "pe_id"),
            Component("contact", "pr_contact", "pe_id"),
            Component("role", "pr_role", "pe_id", is_imported=False),
        ),
        ("name",),
    ),
    Table(
        "org_office",
        "Office Details",
        "Offices",
        (
            plain("name", "Name", required=True, longest=64),
            shown("code", "Code", longest=10, empties_to_null=True),
            organisation(required=True),
            reference("office_type_id", "org_office_type", "Office Type", restricts=False),
            location(),
            phone("phone1", "Phone 1"),
            phone("phone2", "Phone 2"),
            email(),
            phone("fax", "Fax"),
            obsolete(),
            COMMENTS,
        ),
        "Office deleted",
        _SITE_ENTITIES,
        _DOCUMENTS,
        ("name", "organisation_id"),
        is_site=True,
    ),
    Table(
        "org_facility",
        "Facility Details",
        "Facilities",
        (
            plain("name", "Name", required=True, longest=64),
            shown("code", "Code", longest=10, empties_to_null=True),
            organisation(),
            location(),
            shown("opening_times", "Opening Times"),
            shown("contact", "Contact"),
            phone("phone1", "Phone 1"),
            phone("phone2", "Phone 2"),
            email(),
            shown("website", "Website"),
            obsolete(),
            COMMENTS,
            hidden("main_facility", "boolean", default=False),
        ),
        "Facility deleted",
        _SITE_ENTITIES,
        _DOCUMENTS,
        ("name", "organisation_id"),
        is_site=True,
    ),
    Table(
        "org_sector",
        "Sector Details",
        "Sectors",
        (
            shown("name", "Name", required=True, longest=128),
            plain("abrv", "Abbreviation", longest=64),
            location(is_location=False),
            COMMENTS,
        ),
        "Sector deleted",
        natural_key=("name",),
    ),
    Table(
        "org_sector_organisation",
        "Sector",
        "Sectors",
        (
            reference("sector_id", "org_sector", "Sector", restricts=False),
            Field("lead", "boolean", "Lead Organization?", show=YES_NO),
            organisation(restricts=False),
        ),
        natural_key=("organisation_id", "sector_id"),
        is_served=False,
    ),
    Table(
        "org_organisation_type",
        "Organization Type Details",
        "Organization Types",
        (plain("name", "Name", required=True, longest=128), COMMENTS),
        "Organization Type deleted",
        natural_key=("name",),
    ),
    Table(
        "org_office_type",
        "Office Type Details",
        "Office Types",
        (plain("name", "Name", required=True, longest=128), organisation(), COMMENTS),
        "Office Type deleted",
        natural_key=("name",),
    ),
    Table(
        "org_site",
        "Site",
        "Sites",
        (
            hidden("site_id", "integer"),
            hidden("instance_type", "string", shown_as=one_of(_SITE_TYPES)),
            hidden("code", "string"),
            hidden("name", "string"),
            hidden("obsolete", "boolean", shown_as=when_true("Obsolete", "-")),
            hidden_reference("organisation_id", "org_organisation"),
            hidden_reference("location_id", "gis_location"),
        ),
        is_served=False,
        has_stamps=False,
    ),
)

_PERSONS = (
    Table(
        "pr_person",
        "Person Details",
        "Persons",
        (
            plain("first_name", "First Name", required=True, longest=64),
            shown("middle_name", "Middle Name", longest=64),
            shown("last_name", "Last Name", longest=64),
            shown("date_of_birth", "Date of Birth", "date"),
            choice("gender", "Sex", "integer", _GENDERS, default=1, required=True),
            COMMENTS,
        ),
        "Person deleted",
        (("pr_pentity", "pe_id"), ("sit_trackable", "track_id")),
        (
            Component("address", "pr_address", "pe_id"),
            Component("contact", "pr_contact", "pe_id"),
            Component("image", "pr_image", "pe_id"),
        ),
        ("first_name", "last_name", "date_of_birth"),
        settings=(("insertable", True),),
    ),
    Table(
        "pr_contact",
        "Contact Details",
        "Contact Information",
        (
            choice("contact_method", "Contact Method", "string", _CONTACT_METHODS, default="SMS", required=True),
            shown("value", "Value", required=True),
            plain("contact_description", "Contact Description"),
            choice("priority", "Priority", "integer", _PRIORITIES, default=1, required=True, shown_as=as_text),
            COMMENTS,
            master("pe_id", "pr_pentity", required=True),
            hidden("access", "integer", default=1, shown_as=one_of(_ACCESS)),
            hidden("poll", "boolean", default=False),
        ),
        "Contact Information Deleted",
        natural_key=("pe_id", "contact_method", "value"),
    ),
    Table(
        "pr_image",
        "Photograph",
        "Photographs",
        (
            Field("profile", "boolean", "Profile Picture?", default=False, show=YES_NO),
            plain("image", "Image", "upload"),
            shown("url", "URL"),
            choice("type", "Image Type", "integer", _PERSON_IMAGE_TYPES, default=1, required=True),
            shown("description", "Description", "text"),
            master("pe_id", "pr_pentity"),
        ),
        is_served=False,
    ),
    Table(
        "pr_address",
        "Address",
        "Addresses",
        (
            choice("type", "Address Type", "integer", _ADDRESS_TYPES, default=1, required=True),
            location(),
            COMMENTS,
            master("pe_id", "pr_pentity"),
        ),
        "Address deleted",
    ),
    Table(
        "pr_contact_person",
        "Contact Person",
        "Contact Persons",
        (
            plain("name", "Name", required=True),
            shown("type", "Type"),
            plain("phone", "Phone"),
            plain("email", "Email"),
            COMMENTS,
            master("pe_id", "pr_pentity"),
        ),
        is_served=False,
    ),
    Table(
        "pr_role",
        "Role",
        "Roles",
        (
            hidden("role_type", "integer", shown_as=one_of(_ROLE_TYPES)),
            hidden("role", "string"),
            master("pe_id", "pr_pentity"),
        ),
        is_served=False,
    ),
)

_EVENTS = (
    Table(
        "event_incident_type",
        "Incident Type Details",
        "Incident Types",
        (plain("name", "Name", required=True, longest=64), COMMENTS),
        "Incident Type removed",
        natural_key=("name",),
    ),
    Table(
        "event_incident_report",
        "Incident Report Details",
        "Incident Reports",
        (
            plain("date", "Date", "datetime", defaults_to_now=True),
            plain("name", "Short Description", required=True),
            reference("incident_type_id", "event_incident_type", "Incident Type"),
            plain("reported_by", "Reported By"),
            plain("contact", "Contact"),
            location(),
            plain("description", "Long Description", "text"),
            plain("needs", "Immediate Needs", "text"),
            Field("closed", "boolean", "Closed", default=False, show=YES_NO),
            COMMENTS,
        ),
        "Incident Report removed",
        (("doc_entity", "doc_id"),),
        _DOCUMENTS,
    ),
)

_DOCUMENT_TABLES = (
    Table(
        "doc_image",
        "Photo Details",
        "Photos",
        (
            plain("file", "File", "upload"),
            plain("name", "Name", longest=128),
            website("url", "URL"),
            choice("type", "Image Type", "integer", _IMAGE_TYPES, default=1, required=True),
            reference("person_id", "pr_person", "Author"),
            organisation(),
            plain("date", "Date Taken", "date"),
            location(),
            COMMENTS,
            master("doc_id", "doc_entity"),
        ),
        "Photo deleted",
    ),
    Table(
        "doc_document",
        "Document Details",
        "Documents",
        (
            plain("file", "File", "upload"),
            plain("name", "Name", longest=128),
            website("url", "URL"),
            plain("date", "Date Published", "date"),
            COMMENTS,
            master("doc_id", "doc_entity"),
        ),
        "Document deleted",
        (("stats_source", "source_id"),),
    ),
)

_LOCATIONS = Table(
    "gis_location",
    "Location Details",
    "Locations",
    (
        plain("name", "Name", longest=128),
        choice("level", "Level", "string", _LEVELS, empties_to_null=True),
        reference("parent", "gis_location", "Parent"),
        choice("gis_feature_type", "Feature Type", "integer", _FEATURE_TYPES, default=1, required=True),
        plain("lat", "Latitude", "double", check=degrees(90, "Latitude/Northing should be between -90 & 90!")),
        plain("lon", "Longitude", "double", check=degrees(180, "Longitude/Easting should be between -180 & 180!")),
        shown("wkt", "WKT (Well-Known Text)", "text", longest=2**27),
        Field("inherited", "boolean", "Mapped?", default=False, writable=False, show=when_true("No", "Yes")),
        shown("addr_street", "Street Address", "text"),
        shown("addr_postcode", "Postcode", longest=128),
        plain("start_date", "Start Date", "date"),
        plain("end_date", "End Date", "date"),
        COMMENTS,
        hidden("path", "string"),
        *(hidden(bound, "double", shown_as=as_degrees) for bound in ("lat_min", "lat_max", "lon_min", "lon_max")),
    ),
    "Location deleted",
    natural_key=("name", "level", "parent"),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (*_ORGANISATIONS, *_PERSONS, *_EVENTS, *_DOCUMENT_TABLES, _LOCATIONS)
}
