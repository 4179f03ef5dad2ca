package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.splunkhec.SplunkHECComponent;
import org.apache.camel.component.splunkhec.SplunkHECConfiguration;
import org.apache.camel.spi.annotations.Component;

/**
 * Camel's {@code splunk-hec:host:port}, with all its options, whose endpoints also send a whole {@code Batch} in one
 * request, check host names, and have the further options of {@link HecEndpoint}. {@code
 * splunk-hec:https://host:port/path} works too.
 */
// Camel needs it to set the options of its own endpoint.
@Component("splunk-hec")
public final class HecComponent extends SplunkHECComponent {

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        HecEndpoint endpoint = new HecEndpoint(uri, this, new SplunkHECConfiguration());
        setProperties(endpoint, parameters);
        if (!parameters.isEmpty()) {
            throw new ConnectorException(
                    "splunk-hec: %s has no option %s.".formatted(remaining, String.join(", ", parameters.keySet())),
                    Problem.NOT_STARTED,
                    "The address of a collector ends with its port or path.",
                    null);
        }
        endpoint.setSplunkURL(remaining);
        return endpoint;
    }
}
