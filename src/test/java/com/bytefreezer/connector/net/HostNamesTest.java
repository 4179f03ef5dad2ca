package com.bytefreezer.connector.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostNamesTest {
    @ParameterizedTest
    @CsvSource({
        "http://minio_server:9000/a,    minio_server, 9000",
        "http://minio_server,           minio_server, -1",
        "https://_a._b_:1,              _a._b_,       1",
        "https://es.example:9200/x_y,   es.example,   9200",
        "https://es.example?x_y=1,      es.example,   -1",
        "http://u_s:p_w@a_b:80/,        a_b,          80",
        "http://[::1]:80/a_b,           [::1],        80",
        "http://10.0.0.1,               10.0.0.1,     -1",
        "http://a_b:,                   a_b,          -1",
    })
    void tellsHostAndPort(String url, String host, int port) {
        assertThat(HostNames.of(URI.create(url))).isEqualTo(host);
        assertThat(HostNames.port(URI.create(url))).isEqualTo(port);

        var legal = URI.create(HostNames.legal(url));
        assertThat(HostNames.real(legal.getHost()).orElse(legal.getHost())).isEqualTo(host);
        assertThat(legal.getPort()).isEqualTo(port);
        assertThat(legal.getRawPath()).isEqualTo(URI.create(url).getRawPath());
        assertThat(HostNames.legal(legal.toString())).isEqualTo(legal.toString());
    }
}
