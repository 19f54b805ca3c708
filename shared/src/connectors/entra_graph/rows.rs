//! Microsoft Graph's objects as files write them, in every form of the tools that do.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

/// A password of an application or service principal. The secret itself and its hint are not even read.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawPassword<'a> {
    #[serde(borrow, default, alias = "KeyId")]
    pub key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    pub display_name: Option<Text<'a>>,
    /// `startDate` and `endDate` before `az` 2.37.
    #[serde(default, alias = "StartDateTime", alias = "startDate", alias = "StartDate")]
    pub start_date_time: Moment,
    #[serde(default, alias = "EndDateTime", alias = "endDate", alias = "EndDate")]
    pub end_date_time: Moment,
}

/// A certificate of an application or service principal.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawKey<'a> {
    #[serde(borrow, default, alias = "KeyId")]
    pub key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    pub display_name: Option<Text<'a>>,
    #[serde(default, alias = "StartDateTime", alias = "startDate", alias = "StartDate")]
    pub start_date_time: Moment,
    #[serde(default, alias = "EndDateTime", alias = "endDate", alias = "EndDate")]
    pub end_date_time: Moment,
    #[serde(borrow, default, alias = "Usage")]
    pub usage: Option<Text<'a>>,
    #[serde(default, alias = "CustomKeyIdentifier")]
    pub custom_key_identifier: Bytes,
    #[serde(default, alias = "Key")]
    pub key: Bytes,
}

/// A federated identity credential: whose tokens an application accepts.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawFederation<'a> {
    #[serde(borrow, default, alias = "Id")]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Name")]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Issuer")]
    pub issuer: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Subject")]
    pub subject: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Audiences")]
    pub audiences: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "ClaimsMatchingExpression")]
    pub claims_matching_expression: Nested<RawExpression<'a>>,
}

#[derive(serde::Deserialize)]
pub struct RawExpression<'a> {
    #[serde(borrow, default, alias = "Value")]
    pub value: Option<Text<'a>>,
}

/// An owner or sponsor. PowerShell keeps all but the id in `AdditionalProperties`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawDirectoryObject<'a> {
    #[serde(borrow, default, alias = "Id")]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "@odata.type")]
    pub odata_type: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Mail")]
    pub mail: Option<Text<'a>>,
    #[serde(borrow, default, alias = "UserPrincipalName")]
    pub user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    pub display_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "AdditionalProperties")]
    pub additional_properties: Nested<RawAdditionalProperties<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawAdditionalProperties<'a> {
    #[serde(borrow, default, rename = "@odata.type")]
    pub odata_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub mail: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub display_name: Option<Text<'a>>,
}

/// An app role that somebody has at a resource.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawAppRoleAssignment<'a> {
    #[serde(borrow, default, alias = "AppRoleId")]
    pub app_role_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "PrincipalId")]
    pub principal_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "PrincipalType")]
    pub principal_type: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceId")]
    pub resource_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceDisplayName")]
    pub resource_display_name: Option<Text<'a>>,
}

/// A consent: what a client may do in the name of users.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawPermissionGrant<'a> {
    #[serde(borrow, default, alias = "ClientId")]
    pub client_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceId")]
    pub resource_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Scope")]
    pub scope: Option<Text<'a>>,
}

/// A role that a resource defines.
#[derive(serde::Deserialize)]
pub struct RawAppRole<'a> {
    #[serde(borrow, default, alias = "Id")]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Value")]
    pub value: Option<Text<'a>>,
}

/// An object inside another, or what PowerShell writes when `-Depth` ended: the name of its type.
#[derive(Default)]
pub enum Nested<T> {
    Object(T),
    Cut,
    #[default]
    Nothing,
}

/// The type of `passwordCredentials` and the like, in every form they are written in.
pub type List<T> = OneOrMany<Nested<T>>;

/// A GUID in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guid(pub [u8; 36]);

/// Bytes as base64 or hex text (Graph, `az`) or as a list of numbers (PowerShell).
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

/// A yes or no, which `az` before 2.37 writes as text.
#[derive(Clone, Copy, Default)]
pub struct Flag(pub Option<bool>);

impl Guid {
    pub fn parse(text: &str) -> Option<Guid> {
        let mut guid: [u8; 36] = text.trim().as_bytes().try_into().ok()?;
        guid.make_ascii_lowercase();
        let is_guid = guid.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        is_guid.then_some(Guid(guid))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Bytes {
    /// The SHA-1 of a certificate, unless the bytes are something else that was chosen as identifier.
    pub fn thumbprint(&self) -> Option<[u8; 20]> {
        self.0.as_slice().try_into().ok()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = Nested<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Nested::Nothing)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(match text {
                    "" => Nested::Nothing,
                    _ => Nested::Cut,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Nested::Object)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes as base64, as hex or as a list of numbers, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Bytes, E> {
                Ok(Bytes::default())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                let text = text.trim();
                let from_hex = || {
                    let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16);
                    (0..text.len() / 2)
                        .map(|at| Some((digit(2 * at)? << 4 | digit(2 * at + 1)?) as u8))
                        .collect::<Option<Vec<u8>>>()
                };
                // 40 hex digits are a thumbprint as Windows writes it; as base64 they would be 30 bytes of nothing.
                let bytes = match text.len() {
                    40 => from_hex().or_else(|| STANDARD.decode(text).ok()),
                    _ => STANDARD.decode(text).ok(),
                };
                Ok(Bytes(bytes.unwrap_or_default()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bytes, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Bytes::default())
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = <&RawValue>::deserialize(deserializer)?;
        Ok(Flag(crate::reading::absent::yes_or_no(written.get().trim_matches('"'))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::certificate::hex;

    #[test]
    fn guids_are_lower_case_and_nothing_else_is_one() {
        let guid = Guid::parse(" 4DD3E877-21EC-4D8C-8454-8B27987517EE ").unwrap();
        assert_eq!(guid.as_str(), "4dd3e877-21ec-4d8c-8454-8b27987517ee");
        for text in [
            "",
            "resource-sp-graph",
            "4dd3e87721ec4d8c84548b27987517ee",
            "4dd3e877-21ec-4d8c-8454-8b27987517eg",
        ] {
            assert!(Guid::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bytes_are_read_however_they_are_written() {
        let thumbprint = |text: &str| {
            serde_json::from_str::<Bytes>(text)
                .unwrap()
                .thumbprint()
                .map(|t| hex(&t))
        };
        let same = Some("000102030405060708090a0b0c0d0e0f10111213".to_owned());
        assert_eq!(thumbprint("\"AAECAwQFBgcICQoLDA0ODxAREhM=\""), same);
        assert_eq!(thumbprint("\"000102030405060708090A0B0C0D0E0F10111213\""), same);
        assert_eq!(thumbprint("[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]"), same);
        for other in ["null", "{}", "\"\"", "\"YWRtaW4=\"", "\"é\"", "[1]"] {
            assert_eq!(thumbprint(other), None, "{other}");
        }
    }
}
