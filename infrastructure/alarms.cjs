/** The topic that all alarms go to, and one alarm for each function, so that none is forgotten. */
module.exports = async ({ resolveVariable }) => {
  const prefix = await resolveVariable('self:custom.names.prefix');
  const email = await resolveVariable("param:alarmEmail, ''");
  const functions = Object.keys(Object.assign({}, ...(await resolveVariable('self:functions'))));
  return {
    Resources: {
      AlarmTopic: {
        Type: 'AWS::SNS::Topic',
        // No key: CloudWatch may not use the one that AWS manages for SNS, and the alarm would reach nobody.
        Properties: {
          TopicName: `${prefix}-alarms`,
          ...(email && { Subscription: [{ Protocol: 'email', Endpoint: email }] }),
        },
      },
      ...Object.fromEntries(functions.map(errorsAlarm)),
    },
  };
};

function errorsAlarm(name) {
  const normalized = name[0].toUpperCase() + name.slice(1).replaceAll('-', 'Dash');
  return [
    `${normalized}ErrorsAlarm`,
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmDescription: `${name} threw, ran out of time or memory, or could not start; see its log.`,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: `${normalized}LambdaFunction` } }],
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlarmTopic' }],
      },
    },
  ];
}
