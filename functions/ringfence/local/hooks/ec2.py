"""EC2 instances and interfaces in moto, as far as containment needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

# parameter of moto's backend → attribute of its MetadataOptions
_METADATA_OPTIONS = {
    "http_tokens": "http_tokens",
    "hop_limit": "http_put_response_hop_limit",
    "http_endpoint": "http_endpoint",
    "http_protocol": "http_protocol_ipv6",
    "metadata_tags": "instance_metadata_tags",
}


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.ec2.models import elastic_network_interfaces as interfaces
    from moto.ec2.models import instances
    from moto.ec2.responses.instances import InstanceResponse

    replace(interfaces.NetworkInterface, "group_set", property(_own_groups))
    setattr(instances.Instance, "security_groups", property(_primary_groups, _set_primary_groups))  # noqa: B010 - a field to mypy
    replace(instances.Instance, "network_interfaces", property(_attached))
    around(instances.Instance, "prep_nics", _delete_primary_with_instance)
    around(interfaces.NetworkInterfaceBackend, "create_network_interface", _create_interface)
    around(interfaces.NetworkInterfaceBackend, "modify_network_interface_attribute", _modify_interface)
    around(instances.InstanceBackend, "modify_instance_metadata_options", _keep_omitted_options)
    around(InstanceResponse, "_security_grp_instance_attribute_handler", _groups_or_shutdown_behavior)
    around(InstanceResponse, "_block_device_mapping_handler", _known_devices)


def _own_groups(interface: Any) -> list[Any]:
    """Interfaces: moto shows the groups of the interface and of its instance, so none ever disappears."""
    return list(interface._group_set)


def _primary_groups(instance: Any) -> list[Any]:
    """Instances: an instance's groups are those of interface 0. moto has a second list that differs."""
    primary = getattr(instance, "nics", {}).get(0)
    return list(primary._group_set) if primary else list(instance.__dict__.get("launch_groups", ()))


def _set_primary_groups(instance: Any, groups: list[Any]) -> None:
    primary = getattr(instance, "nics", {}).get(0)
    if primary:
        primary._group_set = list(groups)
    else:
        instance.launch_groups = list(groups)


def _attached(instance: Any) -> list[Any]:
    """Terminated instances have no interfaces. moto still shows them, even deleted ones."""
    return [] if instance.state == "terminated" else list(instance.nics.values())


def _delete_primary_with_instance(
    original: Original, instance: Any, nic_spec: Any, *args: Any, **kw: Any
) -> None:
    """Launch: interface 0 is deleted with its instance by default. moto keeps it."""
    asked = next((s.get("DeleteOnTermination") for s in nic_spec if int(s["DeviceIndex"]) == 0), None)
    brought = any(s.get("NetworkInterfaceId") for s in nic_spec if int(s["DeviceIndex"]) == 0)
    original(instance, nic_spec, *args, **kw)
    if 0 in instance.nics and asked is None and not brought:
        instance.nics[0].delete_on_termination = True


def _create_interface(original: Original, backend: Any, subnet: Any, *args: Any, **kw: Any) -> Any:
    """Interfaces: moto creates a group for every unknown id."""
    vpc = subnet.vpc_id if hasattr(subnet, "vpc_id") else backend.get_subnet(subnet).vpc_id
    _check_groups(backend, vpc, kw.get("group_ids") or (args[2] if len(args) > 2 else None) or [])  # noqa: PLR2004 - its position
    return original(backend, subnet, *args, **kw)


def _modify_interface(
    original: Original, backend: Any, eni_id: str, group_ids: Any, *args: Any, **kw: Any
) -> None:
    """Interfaces: moto accepts groups that do not exist or are in another VPC."""
    _check_groups(backend, backend.get_network_interface(eni_id).vpc_id, group_ids or [])
    original(backend, eni_id, group_ids, *args, **kw)


def _check_groups(backend: Any, vpc_id: str, group_ids: list[str]) -> None:
    from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError

    for group_id in group_ids:
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
        if group.vpc_id != vpc_id:
            raise EC2ClientError(
                "InvalidParameterValue", "You have specified two resources that belong to different networks."
            )


def _keep_omitted_options(original: Original, backend: Any, instance_id: str, **options: Any) -> Any:
    """ModifyInstanceMetadataOptions: moto resets every option that the call does not include."""
    current = backend.get_instance(instance_id).metadata_options
    for parameter, attribute in _METADATA_OPTIONS.items():
        if options.get(parameter) is None:
            options[parameter] = getattr(current, attribute)
    return original(backend, instance_id, **options)


def _groups_or_shutdown_behavior(original: Original, response: Any) -> bool:
    """ModifyInstanceAttribute: moto treats unknown attributes as Groups=[] and empties interface 0.

    The shutdown behavior is such an attribute. EC2 refuses Groups itself for several interfaces, and moto
    accepts it.
    """
    from moto.ec2.exceptions import EC2ClientError

    instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
    behavior = response._get_param("InstanceInitiatedShutdownBehavior.Value")
    if behavior is not None:
        response.error_on_dryrun()
        instance.instance_initiated_shutdown_behavior = behavior
        return True
    if not response._get_param("Groups", []):
        return False
    if len(instance.nics) > 1:
        raise EC2ClientError(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance.id}'. "
            "Please specify an interface ID for the operation instead.",
        )
    _check_groups(response.ec2_backend, instance.vpc_id, response._get_param("Groups"))
    return bool(original(response))


def _known_devices(original: Original, response: Any) -> bool:
    """ModifyInstanceAttribute: an unmapped device is the caller's error. moto crashes."""
    from moto.ec2.exceptions import EC2ClientError

    mappings = response._get_param("BlockDeviceMappings", [])
    if mappings:
        instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
        for device in (mapping.get("DeviceName") for mapping in mappings):
            if device not in instance.block_device_mapping:
                raise EC2ClientError(
                    "InvalidInstanceAttributeValue", f"No device is currently mapped at {device}"
                )
    return bool(original(response))
