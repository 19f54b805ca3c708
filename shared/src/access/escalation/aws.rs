//! Ways up in AWS: those that Rhino Security Labs described first and pathfinding.cloud collects.
//!
//! Its `sts-001` (acting as a role that trusts the identity) is no row: it is looked at for every identity, since the
//! role may itself be one that only can become an administrator. Rows of the collection that need more than another row
//! for the same are left out (`iam-003`, `lambda-004`, `lambda-005`, `ecs-001`, `ecs-002`).

use super::{EscalationPath, Gives, Kind, Need, On};

pub const ROLE: &str = "arn:*:iam::*:role/*";
pub const USER: &str = "arn:*:iam::*:user/*";
pub const GROUP: &str = "arn:*:iam::*:group/*";
pub const POLICY: &str = "arn:*:iam::*:policy/*";
const ANY: On = On::Some("*");

const fn need(action: &'static str, on: On) -> Need {
    Need { action, on }
}

pub const AWS: &[EscalationPath] = &[
    EscalationPath {
        id: "aws.apprunner-001",
        does: "starts an App Runner service that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("apprunner:CreateService", ANY),
        ],
        gives: Gives::RoleOf("tasks.apprunner.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/apprunner-001",
    },
    EscalationPath {
        id: "aws.apprunner-002",
        does: "changes an App Runner service, which runs as its role",
        needs: &[need("apprunner:UpdateService", ANY)],
        gives: Gives::RoleOfSome {
            service: "tasks.apprunner.amazonaws.com",
            thing: "an App Runner service",
        },
        source: "https://pathfinding.cloud/paths/apprunner-002",
    },
    EscalationPath {
        id: "aws.bedrock-001",
        does: "makes a code interpreter that runs as a role of its choice, and runs code in it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("bedrock-agentcore:CreateCodeInterpreter", ANY),
            need("bedrock-agentcore:StartCodeInterpreterSession", ANY),
            need("bedrock-agentcore:InvokeCodeInterpreter", ANY),
        ],
        gives: Gives::RoleOf("bedrock-agentcore.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/bedrock-001",
    },
    EscalationPath {
        id: "aws.bedrock-002",
        does: "runs code in a code interpreter, which runs as its role",
        needs: &[
            need("bedrock-agentcore:StartCodeInterpreterSession", ANY),
            need("bedrock-agentcore:InvokeCodeInterpreter", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "bedrock-agentcore.amazonaws.com",
            thing: "a code interpreter",
        },
        source: "https://pathfinding.cloud/paths/bedrock-002",
    },
    EscalationPath {
        id: "aws.cloudformation-001",
        does: "makes a stack that is built by a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("cloudformation:CreateStack", ANY),
        ],
        gives: Gives::RoleOf("cloudformation.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/cloudformation-001",
    },
    EscalationPath {
        id: "aws.cloudformation-002",
        does: "changes a stack, which is built by its role",
        needs: &[need("cloudformation:UpdateStack", ANY)],
        gives: Gives::RoleOfSome {
            service: "cloudformation.amazonaws.com",
            thing: "a stack",
        },
        source: "https://pathfinding.cloud/paths/cloudformation-002",
    },
    EscalationPath {
        id: "aws.cloudformation-003",
        does: "makes a stack set that is built by a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("cloudformation:CreateStackSet", ANY),
            need("cloudformation:CreateStackInstances", ANY),
        ],
        gives: Gives::RoleOf("cloudformation.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/cloudformation-003",
    },
    EscalationPath {
        id: "aws.cloudformation-004",
        does: "changes a stack set and has it built by a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("cloudformation:UpdateStackSet", ANY),
        ],
        gives: Gives::RoleOf("cloudformation.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/cloudformation-004",
    },
    EscalationPath {
        id: "aws.cloudformation-005",
        does: "changes a stack by a change set, which is built by the role of the stack",
        needs: &[
            need("cloudformation:CreateChangeSet", ANY),
            need("cloudformation:ExecuteChangeSet", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "cloudformation.amazonaws.com",
            thing: "a stack",
        },
        source: "https://pathfinding.cloud/paths/cloudformation-005",
    },
    EscalationPath {
        id: "aws.codebuild-001",
        does: "makes a build project that runs as a role of its choice, and starts it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("codebuild:CreateProject", ANY),
            need("codebuild:StartBuild", ANY),
        ],
        gives: Gives::RoleOf("codebuild.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/codebuild-001",
    },
    EscalationPath {
        id: "aws.codebuild-002",
        does: "starts a build with commands of its own, which runs as the role of the project",
        needs: &[need("codebuild:StartBuild", ANY)],
        gives: Gives::RoleOfSome {
            service: "codebuild.amazonaws.com",
            thing: "a build project",
        },
        source: "https://pathfinding.cloud/paths/codebuild-002",
    },
    EscalationPath {
        id: "aws.codebuild-003",
        does: "starts a batch of builds with commands of its own, which run as the role of the project",
        needs: &[need("codebuild:StartBuildBatch", ANY)],
        gives: Gives::RoleOfSome {
            service: "codebuild.amazonaws.com",
            thing: "a build project",
        },
        source: "https://pathfinding.cloud/paths/codebuild-003",
    },
    EscalationPath {
        id: "aws.codebuild-004",
        does: "makes a build project that runs as a role of its choice, and starts a batch",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("codebuild:CreateProject", ANY),
            need("codebuild:StartBuildBatch", ANY),
        ],
        gives: Gives::RoleOf("codebuild.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/codebuild-004",
    },
    EscalationPath {
        id: "aws.datapipeline-001",
        does: "makes a pipeline that runs as a role of its choice, and starts it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("datapipeline:CreatePipeline", ANY),
            need("datapipeline:PutPipelineDefinition", ANY),
            need("datapipeline:ActivatePipeline", ANY),
        ],
        gives: Gives::RoleOf("datapipeline.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/datapipeline-001",
    },
    EscalationPath {
        id: "aws.ec2-001",
        does: "starts an instance that runs as a role of its choice",
        needs: &[need("iam:PassRole", On::Some(ROLE)), need("ec2:RunInstances", ANY)],
        gives: Gives::RoleOf("ec2.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/ec2-001",
    },
    EscalationPath {
        id: "aws.ec2-002",
        does: "changes what an instance runs at its start, as the role of the instance",
        needs: &[
            need("ec2:ModifyInstanceAttribute", ANY),
            need("ec2:StopInstances", ANY),
            need("ec2:StartInstances", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "ec2.amazonaws.com",
            thing: "an instance",
        },
        source: "https://pathfinding.cloud/paths/ec2-002",
    },
    EscalationPath {
        id: "aws.ec2-003",
        does: "asks for a spot instance that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ec2:RequestSpotInstances", ANY),
        ],
        gives: Gives::RoleOf("ec2.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/ec2-003",
    },
    EscalationPath {
        id: "aws.ec2-004",
        does: "changes a launch template, whose instances run as its role",
        needs: &[
            need("ec2:CreateLaunchTemplateVersion", ANY),
            need("ec2:ModifyLaunchTemplate", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "ec2.amazonaws.com",
            thing: "an instance",
        },
        source: "https://pathfinding.cloud/paths/ec2-004",
    },
    EscalationPath {
        id: "aws.ec2instanceconnect-003",
        does: "logs in to an instance, which runs as its role",
        needs: &[
            need("ec2-instance-connect:SendSSHPublicKey", ANY),
            need("ec2:DescribeInstances", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "ec2.amazonaws.com",
            thing: "an instance",
        },
        source: "https://pathfinding.cloud/paths/ec2instanceconnect-003",
    },
    EscalationPath {
        id: "aws.ecs-003",
        does: "runs a task as a role of its choice, in a service that it makes",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ecs:RegisterTaskDefinition", ANY),
            need("ecs:CreateService", ANY),
        ],
        gives: Gives::RoleOf("ecs-tasks.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/ecs-003",
    },
    EscalationPath {
        id: "aws.ecs-004",
        does: "runs a task as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ecs:RegisterTaskDefinition", ANY),
            need("ecs:RunTask", ANY),
        ],
        gives: Gives::RoleOf("ecs-tasks.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/ecs-004",
    },
    EscalationPath {
        id: "aws.ecs-005",
        does: "starts a task as a role of its choice on an instance",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ecs:RegisterTaskDefinition", ANY),
            need("ecs:StartTask", ANY),
        ],
        gives: Gives::RoleOf("ecs-tasks.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/ecs-005",
    },
    EscalationPath {
        id: "aws.ecs-006",
        does: "runs commands in a task, which runs as its role",
        needs: &[need("ecs:ExecuteCommand", ANY), need("ecs:DescribeTasks", ANY)],
        gives: Gives::RoleOfSome {
            service: "ecs-tasks.amazonaws.com",
            thing: "a task",
        },
        source: "https://pathfinding.cloud/paths/ecs-006",
    },
    EscalationPath {
        id: "aws.glue-001",
        does: "makes a development endpoint that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("glue:CreateDevEndpoint", ANY),
        ],
        gives: Gives::RoleOf("glue.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/glue-001",
    },
    EscalationPath {
        id: "aws.glue-002",
        does: "puts its key on a development endpoint, which runs as its role",
        needs: &[need("glue:UpdateDevEndpoint", ANY)],
        gives: Gives::RoleOfSome {
            service: "glue.amazonaws.com",
            thing: "a development endpoint",
        },
        source: "https://pathfinding.cloud/paths/glue-002",
    },
    EscalationPath {
        id: "aws.glue-003",
        does: "makes a job that runs as a role of its choice, and starts it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("glue:CreateJob", ANY),
            need("glue:StartJobRun", ANY),
        ],
        gives: Gives::RoleOf("glue.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/glue-003",
    },
    EscalationPath {
        id: "aws.glue-004",
        does: "makes a job that runs as a role of its choice, and has it started",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("glue:CreateJob", ANY),
            need("glue:CreateTrigger", ANY),
        ],
        gives: Gives::RoleOf("glue.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/glue-004",
    },
    EscalationPath {
        id: "aws.glue-005",
        does: "changes a job and the role that it runs as, and starts it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("glue:UpdateJob", ANY),
            need("glue:StartJobRun", ANY),
        ],
        gives: Gives::RoleOf("glue.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/glue-005",
    },
    EscalationPath {
        id: "aws.glue-006",
        does: "changes a job and the role that it runs as, and has it started",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("glue:UpdateJob", ANY),
            need("glue:CreateTrigger", ANY),
        ],
        gives: Gives::RoleOf("glue.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/glue-006",
    },
    EscalationPath {
        id: "aws.iam-001",
        does: "writes a new version of a policy and makes it the one in force",
        needs: &[need("iam:CreatePolicyVersion", On::ItsPolicy)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-001",
    },
    EscalationPath {
        id: "aws.iam-002",
        does: "makes an access key for another user",
        needs: &[need("iam:CreateAccessKey", On::Some(USER))],
        gives: Gives::Another(Kind::User),
        source: "https://pathfinding.cloud/paths/iam-002",
    },
    EscalationPath {
        id: "aws.iam-004",
        does: "gives another user a password",
        needs: &[need("iam:CreateLoginProfile", On::Some(USER))],
        gives: Gives::Another(Kind::User),
        source: "https://pathfinding.cloud/paths/iam-004",
    },
    EscalationPath {
        id: "aws.iam-005",
        does: "writes a policy into its own role",
        needs: &[need("iam:PutRolePolicy", On::Itself)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-005",
    },
    EscalationPath {
        id: "aws.iam-006",
        does: "changes the password of another user",
        needs: &[need("iam:UpdateLoginProfile", On::Some(USER))],
        gives: Gives::Another(Kind::User),
        source: "https://pathfinding.cloud/paths/iam-006",
    },
    EscalationPath {
        id: "aws.iam-007",
        does: "writes a policy into its own user",
        needs: &[need("iam:PutUserPolicy", On::Itself)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-007",
    },
    EscalationPath {
        id: "aws.iam-008",
        does: "attaches any policy to its own user",
        needs: &[need("iam:AttachUserPolicy", On::Itself)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-008",
    },
    EscalationPath {
        id: "aws.iam-009",
        does: "attaches any policy to its own role",
        needs: &[need("iam:AttachRolePolicy", On::Itself)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-009",
    },
    EscalationPath {
        id: "aws.iam-010",
        does: "attaches any policy to a group",
        needs: &[need("iam:AttachGroupPolicy", On::ItsGroup)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-010",
    },
    EscalationPath {
        id: "aws.iam-011",
        does: "writes a policy into a group",
        needs: &[need("iam:PutGroupPolicy", On::ItsGroup)],
        gives: Gives::Everything,
        source: "https://pathfinding.cloud/paths/iam-011",
    },
    EscalationPath {
        id: "aws.iam-012",
        does: "lets itself act as a role, by the trust policy of the role",
        needs: &[need("iam:UpdateAssumeRolePolicy", On::Some(ROLE))],
        gives: Gives::Another(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-012",
    },
    EscalationPath {
        id: "aws.iam-013",
        does: "adds itself to a group",
        needs: &[need("iam:AddUserToGroup", On::Some(GROUP))],
        gives: Gives::Another(Kind::Group),
        source: "https://pathfinding.cloud/paths/iam-013",
    },
    EscalationPath {
        id: "aws.iam-014",
        does: "attaches any policy to a role that it may act as",
        needs: &[
            need("iam:AttachRolePolicy", On::Some(ROLE)),
            need("sts:AssumeRole", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-014",
    },
    EscalationPath {
        id: "aws.iam-015",
        does: "attaches any policy to a user and makes an access key for it",
        needs: &[
            need("iam:AttachUserPolicy", On::Some(USER)),
            need("iam:CreateAccessKey", On::Some(USER)),
        ],
        gives: Gives::Written(Kind::User),
        source: "https://pathfinding.cloud/paths/iam-015",
    },
    EscalationPath {
        id: "aws.iam-017",
        does: "writes a policy into a role that it may act as",
        needs: &[
            need("iam:PutRolePolicy", On::Some(ROLE)),
            need("sts:AssumeRole", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-017",
    },
    EscalationPath {
        id: "aws.iam-018",
        does: "writes a policy into a user and makes an access key for it",
        needs: &[
            need("iam:PutUserPolicy", On::Some(USER)),
            need("iam:CreateAccessKey", On::Some(USER)),
        ],
        gives: Gives::Written(Kind::User),
        source: "https://pathfinding.cloud/paths/iam-018",
    },
    EscalationPath {
        id: "aws.iam-019",
        does: "attaches any policy to a role and lets itself act as it",
        needs: &[
            need("iam:AttachRolePolicy", On::Some(ROLE)),
            need("iam:UpdateAssumeRolePolicy", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-019",
    },
    EscalationPath {
        id: "aws.iam-021",
        does: "writes a policy into a role and lets itself act as it",
        needs: &[
            need("iam:PutRolePolicy", On::Some(ROLE)),
            need("iam:UpdateAssumeRolePolicy", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-021",
    },
    EscalationPath {
        id: "aws.lambda-001",
        does: "makes a function that runs as a role of its choice, and calls it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("lambda:CreateFunction", ANY),
            need("lambda:InvokeFunction", ANY),
        ],
        gives: Gives::RoleOf("lambda.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/lambda-001",
    },
    EscalationPath {
        id: "aws.lambda-002",
        does: "makes a function that runs as a role of its choice, and has events call it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("lambda:CreateFunction", ANY),
            need("lambda:CreateEventSourceMapping", ANY),
        ],
        gives: Gives::RoleOf("lambda.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/lambda-002",
    },
    EscalationPath {
        id: "aws.lambda-003",
        does: "changes the code of a function, which runs as its role",
        needs: &[need("lambda:UpdateFunctionCode", ANY)],
        gives: Gives::RoleOfSome {
            service: "lambda.amazonaws.com",
            thing: "a function",
        },
        source: "https://pathfinding.cloud/paths/lambda-003",
    },
    EscalationPath {
        id: "aws.lambda-006",
        does: "makes a function that runs as a role of its choice, and lets others call it",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("lambda:CreateFunction", ANY),
            need("lambda:AddPermission", ANY),
        ],
        gives: Gives::RoleOf("lambda.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/lambda-006",
    },
    EscalationPath {
        id: "aws.sagemaker-001",
        does: "makes a notebook that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("sagemaker:CreateNotebookInstance", ANY),
        ],
        gives: Gives::RoleOf("sagemaker.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/sagemaker-001",
    },
    EscalationPath {
        id: "aws.sagemaker-002",
        does: "makes a training job that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("sagemaker:CreateTrainingJob", ANY),
        ],
        gives: Gives::RoleOf("sagemaker.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/sagemaker-002",
    },
    EscalationPath {
        id: "aws.sagemaker-003",
        does: "makes a processing job that runs as a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("sagemaker:CreateProcessingJob", ANY),
        ],
        gives: Gives::RoleOf("sagemaker.amazonaws.com"),
        source: "https://pathfinding.cloud/paths/sagemaker-003",
    },
    EscalationPath {
        id: "aws.sagemaker-004",
        does: "opens a notebook, which runs as its role",
        needs: &[need("sagemaker:CreatePresignedNotebookInstanceUrl", ANY)],
        gives: Gives::RoleOfSome {
            service: "sagemaker.amazonaws.com",
            thing: "a notebook",
        },
        source: "https://pathfinding.cloud/paths/sagemaker-004",
    },
    EscalationPath {
        id: "aws.sagemaker-005",
        does: "changes what a notebook runs at its start, as the role of the notebook",
        needs: &[
            need("sagemaker:CreateNotebookInstanceLifecycleConfig", ANY),
            need("sagemaker:StopNotebookInstance", ANY),
            need("sagemaker:UpdateNotebookInstance", ANY),
            need("sagemaker:StartNotebookInstance", ANY),
        ],
        gives: Gives::RoleOfSome {
            service: "sagemaker.amazonaws.com",
            thing: "a notebook",
        },
        source: "https://pathfinding.cloud/paths/sagemaker-005",
    },
    EscalationPath {
        id: "aws.ssm-001",
        does: "opens a session on an instance, which runs as its role",
        needs: &[need("ssm:StartSession", ANY)],
        gives: Gives::RoleOfSome {
            service: "ec2.amazonaws.com",
            thing: "an instance",
        },
        source: "https://pathfinding.cloud/paths/ssm-001",
    },
    EscalationPath {
        id: "aws.ssm-002",
        does: "runs commands on an instance, which runs as its role",
        needs: &[need("ssm:SendCommand", ANY)],
        gives: Gives::RoleOfSome {
            service: "ec2.amazonaws.com",
            thing: "an instance",
        },
        source: "https://pathfinding.cloud/paths/ssm-002",
    },
    EscalationPath {
        id: "aws.set_default_policy_version",
        does: "puts an older version of a policy into force",
        needs: &[need("iam:SetDefaultPolicyVersion", On::Some(POLICY))],
        gives: Gives::OlderVersion,
        source: "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/",
    },
    EscalationPath {
        id: "aws.update_function_configuration",
        does: "puts code of its own under a function, which runs as its role",
        needs: &[need("lambda:UpdateFunctionConfiguration", ANY)],
        gives: Gives::RoleOfSome {
            service: "lambda.amazonaws.com",
            thing: "a function",
        },
        source: "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/",
    },
    EscalationPath {
        id: "aws.replace_instance_profile",
        does: "gives an instance a role of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ec2:ReplaceIamInstanceProfileAssociation", ANY),
        ],
        gives: Gives::RoleOf("ec2.amazonaws.com"),
        source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    },
    EscalationPath {
        id: "aws.associate_instance_profile",
        does: "gives an instance without a role one of its choice",
        needs: &[
            need("iam:PassRole", On::Some(ROLE)),
            need("ec2:AssociateIamInstanceProfile", ANY),
        ],
        gives: Gives::RoleOf("ec2.amazonaws.com"),
        source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    },
    EscalationPath {
        id: "aws.iam-016",
        does: "writes a new version of a policy of a role that it may act as",
        needs: &[
            need("iam:CreatePolicyVersion", On::ItsPolicy),
            need("sts:AssumeRole", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-016",
    },
    EscalationPath {
        id: "aws.iam-020",
        does: "writes a new version of a policy of a role and lets itself act as it",
        needs: &[
            need("iam:CreatePolicyVersion", On::ItsPolicy),
            need("iam:UpdateAssumeRolePolicy", On::Some(ROLE)),
        ],
        gives: Gives::Written(Kind::Role),
        source: "https://pathfinding.cloud/paths/iam-020",
    },
];
