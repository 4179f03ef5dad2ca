package com.bytefreezer.connector.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutesDefinition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of services like {@code es_node}, in any route; a proxy resolves them here. */
class UnderscoredHostsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://es_node",
                "http://es_node:9200",
                "http://_es.my_corp_",
                "http://10.0.0.1:1",
                "http://es-1"
            })
    void urlsInHeadersAreTaken(String url) throws Exception {
        assertThat(sent("http:any", url + "/a_b?c_d=e_f")).isEqualTo(url + "/a_b?c_d=e_f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://es_node", "http://es_node:9200", "http://es-1"})
    void urlsOfEndpointsAreTaken(String url) throws Exception {
        assertThat(sent(url + "/a_b", "")).isEqualTo(url + "/a_b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"es_node", "es_node:9200", "es-1"})
    void hostsThatRecordsNameAreTaken(String host) throws Exception {
        assertThat(sent("http://${exchangeProperty.host}/a_b", "", host)).isEqualTo("http://" + host + "/a_b");
    }

    private static String sent(String uri, String header) throws Exception {
        return sent(uri, header, "");
    }

    /** What a proxy is asked for; the request names no other host. */
    private static String sent(String uri, String header, String host) throws Exception {
        try (var proxy = ScriptedServer.start();
                var camel = new DefaultCamelContext()) {
            proxy.reply(Reply.of(200, "{}"));
            camel.addComponent("http", new BoundedHttp());
            camel.getCamelContextExtension().addInterceptStrategy(new UnderscoredHosts());
            var route = new RouteDefinition("direct:in");
            String options = "?proxyHost=127.0.0.1&proxyPort=" + proxy.port();
            if (host.isEmpty()) {
                route.to(uri + options);
            } else {
                route.toD(uri + options);
            }
            var routes = new RoutesDefinition();
            routes.getRoutes().add(route);
            camel.addRouteDefinitions(routes.getRoutes());
            camel.start();
            try (var template = camel.createProducerTemplate()) {
                var answer = template.send("direct:in", exchange -> {
                    exchange.getMessage().setBody("x");
                    exchange.setProperty("host", host);
                    if (!header.isEmpty()) {
                        exchange.getMessage().setHeader(Exchange.HTTP_URI, header);
                    }
                });
                assertThat(answer.getException()).isNull();
            }
            var request = proxy.requests().get(0);
            assertThat(request.header("Host").orElseThrow())
                    .isEqualTo(request.path().split("/", 4)[2]);
            return request.path();
        }
    }
}
