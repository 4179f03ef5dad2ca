package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Language, calendar, digits, time zone and character set of the machine. */
class HostIT {
    private static final String SQL = """
            SELECT *, t::VARCHAR AS text, t::DATE AS day_of, extract(hour FROM t) AS h, strftime(t, '%A %B') AS words,
              upper('ii') AS u, format('{:.2f}', d) AS f, d::VARCHAR AS dt
            FROM events WHERE t::DATE >= '2026-11-27' AND host = lower('TITLE')""";

    private static final List<List<String>> HOSTS = List.of(
            List.of(),
            List.of("-Duser.language=tr", "-Duser.country=TR", "-Duser.timezone=Asia/Kathmandu"),
            List.of("-Duser.language=ar", "-Duser.country=EG", "-Dfile.encoding=ISO-8859-1"),
            List.of("-Duser.language=fa", "-Duser.country=IR", "-Duser.timezone=America/St_Johns"),
            List.of("-Duser.language=th", "-Duser.country=TH", "-Duser.extensions=u-ca-buddhist-nu-thai"));

    @TempDir
    private Path folder;

    @Test
    void changeNothingThatIsDelivered() throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        lake.object(
                "year=2026/month=11/day=27/hour=01/ı.parquet",
                "SELECT i AS n, to_timestamp(1795746600 + i * 4000) AS t, 'title' AS host, i / 3.0::DOUBLE AS d, 'İi' AS s FROM range(40) x(i)");
        List<List<String>> outputs = new ArrayList<>();
        for (List<String> host : HOSTS) {
            outputs.add(run(lake, host));
        }
        assertThat(outputs.get(0)).hasSize(40);
        assertThat(outputs).allSatisfy(output -> assertThat(output).isEqualTo(outputs.get(0)));
    }

    private List<String> run(ParquetLake lake, List<String> host) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "LAKE_ROOT",
                "file:" + lake.root(),
                "QUERY_TENANT_ID",
                "acme",
                "QUERY_DATASET_ID",
                "events",
                "QUERY_SQL",
                SQL,
                "LC_ALL",
                "C.UTF-8",
                "CURSOR_FILE",
                folder.resolve("cursor-" + HOSTS.indexOf(host) + ".db").toString()));
        if (!host.isEmpty()) {
            environment.put("TZ", "Pacific/Chatham");
        }
        List<String> options = new ArrayList<>(host);
        options.add("-Xmx256m");
        try (ConnectorProcess connector =
                ConnectorProcess.start(TestTools.projectDirectory(), environment, options, "--mode", "batch")) {
            assertThat(connector.waitFor(Duration.ofMinutes(2)))
                    .as(connector.standardError())
                    .isZero();
            assertThat(connector.standardError())
                    .as("%s", host)
                    .contains("40 accepted")
                    .doesNotContain("WARN");
            return Files.readAllLines(connector.standardOutput());
        }
    }
}
