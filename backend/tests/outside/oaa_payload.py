# Builds each application of a payload with Veza's own client, and holds what it writes against the payload.
import json, sys
from oaaclient.templates import CustomApplication, CustomPermission, OAAPermission, OAAPropertyType
payload = json.load(open(sys.argv[1], encoding="utf-8"))
definitions = payload["custom_property_definition"]["applications"][0]
counts = [0, 0, 0, 0]

def lean(value):
    return {k: v for k, v in value.items() if v not in (None, [], {}, "")}

def same(kind, ours, theirs):
    assert lean(ours) == lean(theirs), (kind, ours, theirs)

for written in payload["applications"]:
    app = CustomApplication(written["name"], written["application_type"])
    assert definitions["application_type"] == app.application_type
    for name, kind in definitions["local_user_properties"].items():
        app.property_definitions.define_local_user_property(name, OAAPropertyType(kind))
    for one in payload["permissions"]:
        app.add_custom_permission(one["name"], [OAAPermission(word) for word in one["permission_type"]])
    for one in written["local_roles"]:
        role = app.add_local_role(one["name"])
        role.add_permissions(one["permissions"])
        assert all(word in app.custom_permissions for word in one["permissions"])
        counts[0] += 1
    for one in written["resources"]:
        app.add_resource(one["name"], one["resource_type"])
    for one in written["local_access_creds"]:
        cred = app.add_access_cred(one["id"], one["name"])
        cred.is_active = one.get("is_active")
        for key in ("created_at", "expires_at", "last_used_at"):
            setattr(cred, key, one.get(key, ""))
        same("credential", one, cred.to_dict())
        counts[1] += 1
    for one in written["local_users"]:
        user = app.add_local_user(one["name"], unique_id=one["id"])
        for key in ("is_active", "created_at", "last_login_at"):
            setattr(user, key, one.get(key))
        for cred in one.get("access_creds", []):
            assert cred in app.access_creds
            user.add_access_cred(cred)
        for name, value in one["custom_properties"].items():
            user.set_property(name, value)
        same("user", one, user.to_dict())
        counts[2] += 1
    for one in payload["identity_to_permissions"]:
        given = [role for role in one["role_assignments"] if role["application"] == app.name]
        if not given:
            continue
        user = app.local_users[one["identity"]]
        for role in given:
            assert role["role"] in app.local_roles
            resources = [app.resources[name] for name in role.get("resources", [])]
            user.add_role(role["role"], resources, role["apply_to_application"])
        theirs = user.get_identity_to_permissions(app.name)
        same("assignment", {**one, "role_assignments": given}, theirs)
        counts[3] += len(given)
    theirs = app.get_payload()
    same("definitions", definitions, theirs["custom_property_definition"]["applications"][0])
print(*counts)
