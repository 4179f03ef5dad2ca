package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.TestSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpServerTest {
    @TempDir
    Path folder;

    @Test
    void aPortThatAnotherProcessTakesInTheMeantimeIsAnError() throws Exception {
        Settings settings = TestSettings.over(folder, Map.of());
        try (ServerSocket quicker = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                DefaultCamelContext camel = new DefaultCamelContext()) {
            assertThatThrownBy(() -> HttpServer.start(camel, settings, Optional::empty, quicker.getLocalPort()))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageContaining("server.port " + quicker.getLocalPort() + ": cannot listen");
        }
    }
}
