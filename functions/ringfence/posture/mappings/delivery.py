"""Elastic Load Balancing, CloudFront, SNS and SQS.

The attributes of a load balancer are not in its item: DescribeLoadBalancerAttributes returns them.
"""

from __future__ import annotations

from ringfence.posture.mapping import identical, lowered

LOAD_BALANCER = lowered(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    *("Scheme", "Type", "IpAddressType"),
    **{
        "Name": "configuration.loadBalancerName",
        "LoadBalancerAttributes[].Key": "reads.DescribeLoadBalancerAttributes.Attributes[].Key",
        "LoadBalancerAttributes[].Value": "reads.DescribeLoadBalancerAttributes.Attributes[].Value",
    },
)
LISTENER = identical(
    "AWS::ElasticLoadBalancingV2::Listener",
    *("Port", "Protocol", "SslPolicy", "LoadBalancerArn", "Certificates[].CertificateArn"),
    *("DefaultActions[].Type", "DefaultActions[].RedirectConfig.Protocol"),
)
CLASSIC = lowered(
    "AWS::ElasticLoadBalancing::LoadBalancer",
    *("Scheme", "LoadBalancerName"),
    **{
        "Listeners[].Protocol": "configuration.listenerDescriptions[].listener.protocol",
        "Listeners[].LoadBalancerPort": "configuration.listenerDescriptions[].listener.loadBalancerPort",
        "Listeners[].InstanceProtocol": "configuration.listenerDescriptions[].listener.instanceProtocol",
    },
)
DISTRIBUTION = lowered(
    "AWS::CloudFront::Distribution",
    *("DistributionConfig.Enabled", "DistributionConfig.DefaultRootObject"),
    *("DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "DistributionConfig.Logging.Bucket"),
    "DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
    **{"DistributionConfig.WebACLId": "configuration.distributionConfig.webACLId"},
)
TOPIC = identical("AWS::SNS::Topic", "DisplayName", "KmsMasterKeyId")
QUEUE = identical(
    "AWS::SQS::Queue",
    *("QueueName", "KmsMasterKeyId", "SqsManagedSseEnabled", "VisibilityTimeout", "MessageRetentionPeriod"),
)
