"""Lambda, ECS, EKS and Auto Scaling."""

from __future__ import annotations

from ringfence.posture.mapping import identical, lowered

FUNCTION = lowered(
    "AWS::Lambda::Function",
    *("FunctionName", "Runtime", "Role", "Timeout", "MemorySize", "PackageType", "TracingConfig.Mode"),
    *("DeadLetterConfig.TargetArn", "VpcConfig.SubnetIds[]", "VpcConfig.SecurityGroupIds[]"),
    KmsKeyArn="configuration.kmskeyArn",
    ReservedConcurrentExecutions="supplementaryConfiguration.Concurrency.reservedConcurrentExecutions",
)
TASK_DEFINITION = identical(
    "AWS::ECS::TaskDefinition",
    *("Family", "NetworkMode", "PidMode", "IpcMode", "TaskRoleArn", "ExecutionRoleArn"),
    *("ContainerDefinitions[].Name", "ContainerDefinitions[].Image", "ContainerDefinitions[].Privileged"),
    *("ContainerDefinitions[].ReadonlyRootFilesystem", "ContainerDefinitions[].User"),
    *("ContainerDefinitions[].LogConfiguration.LogDriver", "ContainerDefinitions[].Environment[].Name"),
    **{
        "Volumes[].EFSVolumeConfiguration.TransitEncryption": (
            "configuration.Volumes[].EfsVolumeConfiguration.TransitEncryption"
        ),
        "Volumes[].EFSVolumeConfiguration.FilesystemId": (
            "configuration.Volumes[].EfsVolumeConfiguration.FileSystemId"
        ),
    },
)
CONTAINER_CLUSTER = identical(
    "AWS::ECS::Cluster",
    *("ClusterName", "ClusterSettings[].Name", "ClusterSettings[].Value"),
    "Configuration.ExecuteCommandConfiguration.Logging",
)
SERVICE = identical(
    "AWS::ECS::Service",
    *("ServiceName", "LaunchType", "PlatformVersion", "EnableExecuteCommand"),
    "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
)
KUBERNETES_CLUSTER = identical(
    "AWS::EKS::Cluster",
    *("Name", "Version", "ResourcesVpcConfig.EndpointPublicAccess"),
    *("ResourcesVpcConfig.EndpointPrivateAccess", "ResourcesVpcConfig.PublicAccessCidrs[]"),
    *("EncryptionConfig[].Provider.KeyArn", "EncryptionConfig[].Resources[]"),
    "Logging.ClusterLogging.EnabledTypes[].Type",
)
GROUP = lowered(
    "AWS::AutoScaling::AutoScalingGroup",
    *("AutoScalingGroupName", "HealthCheckType", "LaunchConfigurationName", "MinSize", "MaxSize"),
    *("TargetGroupARNs[]", "LoadBalancerNames[]"),
)
