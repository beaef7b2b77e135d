"""Chat channels in Slack and Microsoft Teams, by Amazon Q Developer, and the buttons in them.

The resource types have the service's former name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Chatbot.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from constructs import Construct

from ringfence.aws.notice import TOPIC
from ringfence.handlers.operator_types import ANSWERS, CHAT_API, CHAT_BUTTONS, PAUSES
from ringfence.model.resource_names import CHANNEL_ROLE, CHAT
from ringfence.record.notices.chat import HOLD
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import prefixed, role_arn
from stacks.permissions import document, resolved

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from stacks.audit import AuditStack
    from stacks.response import ResponseStack
    from stacks.settings import Settings

NOTHING = "arn:aws:iam::aws:policy/AWSDenyAll"
"""The guardrail of a channel without buttons. Without any, Amazon Q takes AdministratorAccess."""
_TEXTS = {"approve": "Approve", "reject": "Reject", HOLD: "Hold for 2 hours"}


class Chat(Construct):
    """The channels, and the function behind their buttons.

    Only user roles act: the channels demand them, and the role of the channel may do nothing.
    """

    def __init__(  # noqa: PLR0913 - what a channel is made of
        self,
        scope: Stack,
        *,
        settled: Settled,
        settings: Settings,
        topic: sns.Topic,
        audit: AuditStack,
        response: ResponseStack,
    ) -> None:
        super().__init__(scope, "Channels")
        self.audit = audit
        given = settings.notices
        guardrail, actions = NOTHING, []
        if given.role:
            guardrail = self._buttons(settled, settings, response)
            actions = [self._action(one) for one in given.buttons]
        shared: dict[str, Any] = {
            "iam_role_arn": self._channel_role().role_arn,
            "sns_topic_arns": [topic.topic_arn],
            "guardrail_policies": [guardrail],
            "user_role_required": True,
            "logging_level": "INFO",
            "customization_resource_arns": [one.attr_custom_action_arn for one in actions],
        }
        if given.slack:
            workspace, channel = given.slack
            chatbot.CfnSlackChannelConfiguration(
                self,
                "Slack",
                configuration_name=prefixed("slack"),
                slack_workspace_id=workspace,
                slack_channel_id=channel,
                **shared,
            )
        if given.teams:
            tenant, team, channel = given.teams
            chatbot.CfnMicrosoftTeamsChannelConfiguration(
                self,
                "Teams",
                configuration_name=prefixed("teams"),
                teams_tenant_id=tenant,
                team_id=team,
                teams_channel_id=channel,
                **shared,
            )
        Alarms(self, audit.notices).unheard("chat", topic)

    def _channel_role(self) -> iam.Role:
        """Return the role that a channel must have. It may do nothing, so that nobody acts with it."""
        denied = iam.PolicyStatement(effect=iam.Effect.DENY, actions=["*"], resources=["*"])
        return iam.Role(
            self,
            "ChannelRole",
            role_name=CHANNEL_ROLE,
            description="Ringfence: the role of its chat channels. It may do nothing",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            inline_policies={"nothing": iam.PolicyDocument(statements=[denied])},
        )

    def _buttons(self, settled: Settled, settings: Settings, response: ResponseStack) -> str:
        """Create the function behind the buttons. Return the policy of who may press them."""
        stack, given = Stack.of(self), settings.notices
        group = log_group(self, "Logs", settled.key)
        paths = (*((ANSWERS,) if set(given.buttons) - {HOLD} else ()), *((PAUSES,) * (HOLD in given.buttons)))
        own = role(
            self,
            CHAT,
            needs.CHAT,
            {
                "routes": tuple(response.door.route_arn(path) for path in paths),
                "topic": self.audit.notices.topic_arn,
                "audit_key": self.audit.key.key_arn,
                "logs": group.log_group_arn,
            },
        )
        made = function(
            Settled(self, settled.code, settled.key),
            Handler(
                CHAT,
                "chat.handler",
                "Ringfence: answers buttons in chat, for the one role that may invoke it",
                times.CHAT_TIMEOUT,
                environment={
                    CHAT_API: response.door.api.api_endpoint,
                    CHAT_BUTTONS: " ".join(given.buttons),
                    TOPIC: self.audit.notices.topic_arn,
                },
            ),
            own,
            group,
            (role_arn(stack.account, given.role),),
        )
        Alarms(self, self.audit.notices).errors(CHAT, made)
        policy = iam.ManagedPolicy(
            self,
            "Users",
            managed_policy_name=prefixed("chat-user"),
            description="Press the buttons of Ringfence in chat",
            document=document(resolved(needs.PRESS, {"chat": made.function_arn})),
        )
        CfnOutput(stack, "ChatUserPolicy", value=policy.managed_policy_arn)
        return policy.managed_policy_arn

    def _action(self, button: str) -> chatbot.CfnCustomAction:
        """Return a button. It is on the messages that have a value for it, and sends this value.

        A command has at most 100 characters. `event` is the message, as Amazon Q reads it.

        https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CustomActionDefinition.html
        """
        attachment = chatbot.CfnCustomAction.CustomActionAttachmentProperty(
            notification_type="Custom",
            button_text=_TEXTS[button],
            variables={"p": f"event.metadata.additionalContext.{button}"},
            criteria=[
                chatbot.CfnCustomAction.CustomActionAttachmentCriteriaProperty(
                    operator="HAS_VALUE", variable_name="p"
                )
            ],
        )
        return chatbot.CfnCustomAction(
            self,
            _TEXTS[button].split(" ", maxsplit=1)[0],
            action_name=prefixed(button),
            definition=chatbot.CfnCustomAction.CustomActionDefinitionProperty(
                command_text=command(button, Stack.of(self).region)
            ),
            attachments=[attachment],
        )


def command(button: str, region: str) -> str:
    """Return the command of a button. Amazon Q replaces `$p`."""
    payload = f'{{"{button}":"$p"}}'
    return f"lambda invoke --function-name {prefixed(CHAT)} --payload {payload} --region {region}"
