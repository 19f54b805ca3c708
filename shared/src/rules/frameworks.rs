//! The controls of standards that rules refer to, each typed once.

use std::fmt;

/// A standard, in the edition whose control ids are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    OwaspNhi,
    PciDss,
    NistSp80053,
    NistCsf,
    Iso27001,
    Soc2,
    CisControls,
    CisAws,
    CisAzure,
    CisGcp,
    CisKubernetes,
    CabForum,
}

impl Framework {
    pub const ALL: [Framework; 12] = [
        Framework::OwaspNhi,
        Framework::PciDss,
        Framework::NistSp80053,
        Framework::NistCsf,
        Framework::Iso27001,
        Framework::Soc2,
        Framework::CisControls,
        Framework::CisAws,
        Framework::CisAzure,
        Framework::CisGcp,
        Framework::CisKubernetes,
        Framework::CabForum,
    ];

    /// The stable word for this standard in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Framework::OwaspNhi => "owasp_nhi",
            Framework::PciDss => "pci_dss",
            Framework::NistSp80053 => "nist_sp_800_53",
            Framework::NistCsf => "nist_csf",
            Framework::Iso27001 => "iso_27001",
            Framework::Soc2 => "soc_2",
            Framework::CisControls => "cis_controls",
            Framework::CisAws => "cis_aws",
            Framework::CisAzure => "cis_azure",
            Framework::CisGcp => "cis_gcp",
            Framework::CisKubernetes => "cis_kubernetes",
            Framework::CabForum => "cab_forum",
        }
    }

    /// The standard with its edition.
    pub fn title(self) -> &'static str {
        match self {
            Framework::OwaspNhi => "OWASP Non-Human Identities Top 10 2025",
            Framework::PciDss => "PCI DSS 4.0.1",
            Framework::NistSp80053 => "NIST SP 800-53 r5",
            Framework::NistCsf => "NIST CSF 2.0",
            Framework::Iso27001 => "ISO/IEC 27001:2022 Annex A",
            Framework::Soc2 => "SOC 2 Trust Services Criteria 2017 (points of focus 2022)",
            Framework::CisControls => "CIS Controls 8.1",
            Framework::CisAws => "CIS AWS Foundations Benchmark 7.0.0",
            Framework::CisAzure => "CIS Microsoft Azure Foundations Benchmark 5.0.0",
            Framework::CisGcp => "CIS Google Cloud Platform Foundation Benchmark 5.0.0",
            Framework::CisKubernetes => "CIS Kubernetes Benchmark 2.0.1",
            Framework::CabForum => "CA/B Forum Baseline Requirements with ballot SC-081v3",
        }
    }

    /// Whose exports tell of it, for a standard of one platform: connectors of these vendors.
    pub fn vendors(self) -> Option<&'static [&'static str]> {
        match self {
            Framework::CisAws => Some(&["AWS"]),
            Framework::CisAzure => Some(&["Microsoft Azure", "Microsoft Entra"]),
            Framework::CisGcp => Some(&["Google Cloud"]),
            Framework::CisKubernetes => Some(&["Kubernetes"]),
            Framework::OwaspNhi
            | Framework::PciDss
            | Framework::NistSp80053
            | Framework::NistCsf
            | Framework::Iso27001
            | Framework::Soc2
            | Framework::CisControls
            | Framework::CabForum => None,
        }
    }

    /// What stands before a control's id where there is little room.
    fn short(self) -> &'static str {
        match self {
            Framework::OwaspNhi => "OWASP",
            Framework::PciDss => "PCI DSS",
            Framework::NistSp80053 => "NIST SP 800-53",
            Framework::NistCsf => "CSF",
            Framework::Iso27001 => "ISO 27001",
            Framework::Soc2 => "SOC 2",
            Framework::CisControls => "CIS Controls",
            Framework::CisAws => "CIS AWS",
            Framework::CisAzure => "CIS Azure",
            Framework::CisGcp => "CIS GCP",
            Framework::CisKubernetes => "CIS Kubernetes",
            Framework::CabForum => "CA/B Forum",
        }
    }
}

/// One control of a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control {
    pub framework: Framework,
    /// As the standard writes it.
    pub id: &'static str,
    /// What it asks for, in a few words of ours.
    pub title: &'static str,
    pub extent: Extent,
}

/// How much of a control its rules can decide from snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All that it asks for.
    Whole,
    /// A part: it also asks for processes, people or settings that no export shows.
    Part,
}

/// A control that asks for what no snapshot of exports shows.
pub struct Unmeasurable {
    pub framework: Framework,
    pub id: &'static str,
    pub title: &'static str,
    /// What would have to be looked at. Between backticks, a connector's id, or what no connector reads.
    pub why: &'static str,
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.framework.short(), self.id)
    }
}

/// Declares the controls of one standard, and the list of all of them. Rules decide a part of a control unless it says
/// `Whole`.
macro_rules! controls {
    ($framework:ident: $($name:ident = $id:literal, $title:literal $(, $extent:ident)?;)*) => {
        use super::{Control, Extent, Framework};
        $(
            #[doc = $title]
            pub const $name: Control = Control {
                framework: Framework::$framework,
                id: $id,
                title: $title,
                extent: controls!(@extent $($extent)?),
            };
        )*
        pub const ALL: &[Control] = &[$($name),*];
    };
    (@extent) => { Extent::Part };
    (@extent Whole) => { Extent::Whole };
}

/// OWASP Non-Human Identities Top 10 2025, complete.
pub mod owasp {
    controls! { OwaspNhi:
        NHI1 = "NHI1:2025", "Improper offboarding";
        NHI2 = "NHI2:2025", "Secret leakage";
        NHI3 = "NHI3:2025", "Vulnerable third-party NHI";
        NHI4 = "NHI4:2025", "Insecure authentication";
        NHI5 = "NHI5:2025", "Overprivileged NHI";
        NHI6 = "NHI6:2025", "Insecure cloud deployment configurations";
        NHI7 = "NHI7:2025", "Long-lived secrets";
        NHI8 = "NHI8:2025", "Environment isolation";
        NHI9 = "NHI9:2025", "NHI reuse";
        NHI10 = "NHI10:2025", "Human use of NHI";
    }
}

/// PCI DSS 4.0.1.
pub mod pci {
    controls! { PciDss:
        R2_2_2 = "2.2.2", "Vendor default accounts are managed";
        R4_2_1 = "4.2.1", "Transmission has strong cryptography and valid certificates";
        R6_5_3 = "6.5.3", "Pre-production is separated from production";
        R7_2_1 = "7.2.1", "Access follows need and least privilege";
        R7_2_5 = "7.2.5", "Application and system accounts have least privilege";
        R7_2_5_1 = "7.2.5.1", "Access by application and system accounts is reviewed";
        R8_2_2 = "8.2.2", "Shared authentication credentials are exceptional";
        R8_2_5 = "8.2.5", "Access of those who left is revoked at once";
        R8_2_6 = "8.2.6", "Inactive accounts are removed within 90 days";
        R8_2_7 = "8.2.7", "Third parties' access is managed";
        R8_3_2 = "8.3.2", "Strong cryptography protects authentication factors";
        R8_6_1 = "8.6.1", "Interactive login with system accounts is exceptional";
        R8_6_2 = "8.6.2", "No secrets in scripts and code";
        R8_6_3 = "8.6.3", "Secrets of application and system accounts are changed";
    }
}

/// NIST SP 800-53 revision 5.
pub mod nist {
    controls! { NistSp80053:
        AC_2 = "AC-2", "Account management";
        AC_2_3 = "AC-2(3)", "Disable accounts that are expired, unassociated or inactive";
        AC_2_9 = "AC-2(9)", "Restrictions on shared and group accounts";
        AC_3 = "AC-3", "Access enforcement";
        AC_6 = "AC-6", "Least privilege";
        AC_6_5 = "AC-6(5)", "Privileged accounts";
        AC_6_7 = "AC-6(7)", "Review of privileges";
        AC_20 = "AC-20", "Use of external systems";
        IA_2 = "IA-2", "Identification and authentication of users";
        IA_4 = "IA-4", "Identifier management";
        IA_5 = "IA-5", "Authenticator management";
        IA_5_7 = "IA-5(7)", "No embedded unencrypted static authenticators";
        IA_9 = "IA-9", "Service identification and authentication";
        PS_4 = "PS-4", "Personnel termination";
        SC_12 = "SC-12", "Cryptographic key establishment and management";
        SC_13 = "SC-13", "Cryptographic protection";
        SC_17 = "SC-17", "Public key infrastructure certificates";
    }
}

/// NIST Cybersecurity Framework 2.0.
pub mod csf {
    controls! { NistCsf:
        GV_RR_02 = "GV.RR-02", "Roles and responsibilities are established";
        GV_SC_07 = "GV.SC-07", "Risks of suppliers are monitored";
        PR_AA_01 = "PR.AA-01", "Identities and credentials are managed";
        PR_AA_03 = "PR.AA-03", "Users, services and hardware are authenticated";
        PR_AA_04 = "PR.AA-04", "Identity assertions are protected and verified";
        PR_AA_05 = "PR.AA-05", "Permissions follow least privilege and are reviewed";
        PR_DS_02 = "PR.DS-02", "Data in transit are protected";
        DE_CM_09 = "DE.CM-09", "Hardware, software, runtime environments and data are monitored";
    }
}

/// ISO/IEC 27001:2022, Annex A.
pub mod iso {
    controls! { Iso27001:
        A_5_9 = "A.5.9", "Inventory of information and other associated assets";
        A_5_15 = "A.5.15", "Access control";
        A_5_16 = "A.5.16", "Identity management";
        A_5_17 = "A.5.17", "Authentication information";
        A_5_18 = "A.5.18", "Access rights";
        A_5_19 = "A.5.19", "Information security in supplier relationships";
        A_6_5 = "A.6.5", "Responsibilities after termination or change of employment";
        A_8_2 = "A.8.2", "Privileged access rights";
        A_8_5 = "A.8.5", "Secure authentication";
        A_8_24 = "A.8.24", "Use of cryptography";
        A_8_31 = "A.8.31", "Separation of development, test and production";
    }
}

/// SOC 2, Trust Services Criteria.
pub mod soc2 {
    controls! { Soc2:
        CC6_1 = "CC6.1", "Logical access security";
        CC6_2 = "CC6.2", "Credentials are issued and removed";
        CC6_3 = "CC6.3", "Access is authorised, changed and removed by least privilege";
        CC6_6 = "CC6.6", "Protection against threats from outside";
        CC6_7 = "CC6.7", "Transmission is restricted and protected";
        CC9_2 = "CC9.2", "Risks of vendors are managed";
    }
}

/// CIS Controls 8.1.
pub mod cis {
    controls! { CisControls:
        C3_10 = "3.10", "Encrypt sensitive data in transit";
        C4_7 = "4.7", "Manage default accounts";
        C5_1 = "5.1", "Inventory of accounts";
        C5_3 = "5.3", "Disable dormant accounts";
        C5_4 = "5.4", "Restrict administrator privileges";
        C5_5 = "5.5", "Inventory of service accounts, reviewed";
        C6_2 = "6.2", "An access revoking process";
        C6_8 = "6.8", "Role-based access control";
        C16_8 = "16.8", "Separate production and non-production systems";
    }
}

/// CIS AWS Foundations Benchmark 7.0.0.
pub mod cis_aws {
    controls! { CisAws:
        R2_4 = "2.4", "No access key of the root user";
        R2_11 = "2.11", "Credentials unused for 45 days are disabled";
        R2_12 = "2.12", "Access keys are rotated every 90 days";
        R2_14 = "2.14", "No policy with full *:* privileges is attached";
        R2_17 = "2.17", "Expired certificates in IAM are removed";
        R2_21 = "2.21", "No resource policy allows the principal *";
    }
}

/// CIS Microsoft Azure Foundations Benchmark 5.0.0.
pub mod cis_azure {
    controls! { CisAzure:
        R5_3_3 = "5.3.3", "The role User Access Administrator is restricted";
        R5_3_4 = "5.3.4", "Privileged role assignments are reviewed";
        R5_3_7 = "5.3.7", "Non-privileged role assignments are reviewed";
        R5_23 = "5.23", "No custom subscription administrator roles";
    }
}

/// CIS Google Cloud Platform Foundation Benchmark 5.0.0.
pub mod cis_gcp {
    controls! { CisGcp:
        R1_5 = "1.5", "Only Google-managed service account keys";
        R1_6 = "1.6", "No service account has administrator privileges";
        R1_8 = "1.8", "Service account keys are rotated every 90 days", Whole;
        R1_16 = "1.16", "API keys are rotated every 90 days", Whole;
        R4_1 = "4.1", "Instances do not use the default service account";
    }
}

/// CIS Kubernetes Benchmark 2.0.1.
pub mod cis_kubernetes {
    controls! { CisKubernetes:
        R5_1_1 = "5.1.1", "cluster-admin is used only where required";
        R5_1_2 = "5.1.2", "Few may read secrets";
        R5_1_3 = "5.1.3", "Few wildcards in roles";
        R5_1_4 = "5.1.4", "Few may create pods";
        R5_1_5 = "5.1.5", "Default service accounts are not used";
        R5_1_6 = "5.1.6", "Tokens are mounted only where necessary";
        R5_1_7 = "5.1.7", "The group system:masters is avoided";
        R5_1_8 = "5.1.8", "Bind, impersonate and escalate are rare";
        R5_1_9 = "5.1.9", "Few may create persistent volumes";
        R5_1_10 = "5.1.10", "Few reach nodes through their proxy";
        R5_1_11 = "5.1.11", "Few may approve signing requests";
        R5_1_12 = "5.1.12", "Few may configure webhooks";
        R5_1_13 = "5.1.13", "Few may make tokens of service accounts";
    }
}

/// CA/B Forum Baseline Requirements, ballot SC-081v3.
pub mod cab {
    controls! { CabForum:
        BR_6_1_5 = "BR 6.1.5", "Key sizes of public certificates";
        BR_6_3_2 = "BR 6.3.2", "Lifetimes of public certificates";
        SC_081 = "SC-081v3", "Shorter lifetimes of public server certificates";
    }
}

/// Every control that some rule may refer to, standard by standard.
pub fn controls() -> impl Iterator<Item = Control> {
    let all: [&'static [Control]; Framework::ALL.len()] = [
        owasp::ALL,
        pci::ALL,
        nist::ALL,
        csf::ALL,
        iso::ALL,
        soc2::ALL,
        cis::ALL,
        cis_aws::ALL,
        cis_azure::ALL,
        cis_gcp::ALL,
        cis_kubernetes::ALL,
        cab::ALL,
    ];
    all.into_iter().flatten().copied()
}

/// Controls about identities that no snapshot can tell of, so that nobody takes their absence for a pass.
pub const UNMEASURABLE: &[Unmeasurable] = &[
    unmeasurable(
        Framework::PciDss,
        "8.3.6",
        "Passwords have a minimum strength",
        "needs the platforms' password settings",
    ),
    unmeasurable(
        Framework::PciDss,
        "8.4.2",
        "Access into the cardholder data environment takes a second factor",
        "needs the sign-in policies",
    ),
    unmeasurable(
        Framework::PciDss,
        "12.10.7",
        "Stored card data found elsewhere is answered",
        "needs the incident records",
    ),
    unmeasurable(
        Framework::NistSp80053,
        "AC-2(4)",
        "Changes of accounts are logged",
        "needs the platforms' audit settings",
    ),
    unmeasurable(
        Framework::NistSp80053,
        "AC-5",
        "Duties are separated",
        "needs the organisation's roles",
    ),
    unmeasurable(
        Framework::NistSp80053,
        "IA-5(1)",
        "Passwords have a minimum strength",
        "needs the platforms' password settings",
    ),
    unmeasurable(
        Framework::NistCsf,
        "PR.AA-06",
        "Physical access is managed",
        "is about doors",
    ),
    unmeasurable(
        Framework::Iso27001,
        "A.5.3",
        "Segregation of duties",
        "needs the organisation's roles",
    ),
    unmeasurable(
        Framework::Iso27001,
        "A.8.4",
        "Access to source code",
        "no rule asks for it yet; exports that `github_app_installations` and `github_deploy_keys` read tell of programs, none of people's access",
    ),
    unmeasurable(
        Framework::Soc2,
        "CC6.4",
        "Physical access is restricted",
        "is about doors",
    ),
    unmeasurable(
        Framework::Soc2,
        "CC6.8",
        "Unauthorised software is prevented",
        "needs the machines",
    ),
    unmeasurable(
        Framework::CisControls,
        "5.2",
        "Passwords are unique",
        "needs the passwords",
    ),
    unmeasurable(
        Framework::CisControls,
        "6.1",
        "An access granting process",
        "needs the process",
    ),
    unmeasurable(
        Framework::CisControls,
        "6.5",
        "Administrators sign in with a second factor",
        "needs the sign-in policies",
    ),
    unmeasurable(
        Framework::CisAws,
        "2.5",
        "Root has a second factor",
        "no rule asks for it yet; exports that `aws_credential_report` reads would tell",
    ),
    unmeasurable(
        Framework::CisAws,
        "2.7",
        "The root user is not used for daily tasks",
        "no rule asks for it yet; exports that `aws_credential_report` reads would tell",
    ),
    unmeasurable(
        Framework::CisAws,
        "2.8",
        "Passwords have a minimum length",
        "needs `aws iam get-account-password-policy`, which no connector reads yet",
    ),
    unmeasurable(
        Framework::CisAws,
        "2.18",
        "An access analyzer is on",
        "no rule asks for it yet; exports that `aws_access_analyzer` reads show an analyzer where it found something, and not where there is none",
    ),
    unmeasurable(
        Framework::CisAzure,
        "5.1.2",
        "All users have a second factor",
        "needs the sign-in policies",
    ),
    unmeasurable(
        Framework::CisAzure,
        "5.12",
        "Users cannot consent to applications",
        "needs Graph's `policies/authorizationPolicy`, which no connector reads yet",
    ),
    unmeasurable(
        Framework::CisGcp,
        "1.14",
        "API keys are bound to hosts and apps",
        "needs the keys' restrictions, which `gcp_api_keys` does not keep",
    ),
];

const fn unmeasurable(framework: Framework, id: &'static str, title: &'static str, why: &'static str) -> Unmeasurable {
    Unmeasurable {
        framework,
        id,
        title,
        why,
    }
}
