"""What may be done about time, and by whom."""

from bihuan.core.permissions import declare

SLA_READ = declare(
    "sla.read", zh="查看日历、SLA 政策与时限", en="See calendars, SLA policies and how time is reckoned"
)
SLA_MANAGE = declare(
    "sla.manage", zh="提出日历变更、维护 SLA 政策", en="Propose calendars and maintain SLA policies"
)
SLA_APPROVE = declare("sla.approve", zh="复核日历变更", en="Approve or refuse calendars that others propose")
SLA_EXTEND = declare("sla.extend", zh="批准延长时限", en="Grant longer limits that others ask for")
