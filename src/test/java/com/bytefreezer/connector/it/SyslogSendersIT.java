package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rsyslog and syslog-ng send, in each way that they know, to the spool. */
class SyslogSendersIT {
    /** So few that a socket holds the datagrams of both senders, whatever the kernel allows. */
    private static final int LINES = 60;

    @TempDir
    private Path folder;

    @Test
    void eachLineArrivesOnceInEachWayItIsSent() throws Exception {
        Path routes = folder.resolve("routes");
        Routes.copyTo(routes);
        Files.writeString(routes.resolve("feeds/secure.camel.yaml"), """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-secure
                    parameters:
                      - {name: name, value: secure}
                      - {name: input, value: syslog}
                      - {name: tenant, value: acme}
                      - {name: dataset, value: syslog}
                      - {name: port, value: "0"}
                      - {name: tls, value: "true"}
                """);
        Certificates certificates = new Certificates(folder);
        certificates.sign("feed", "ip:127.0.0.1");
        Map<String, String> options = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "data.folder",
                folder.toString(),
                "feeds.syslog.enabled",
                "true",
                "feeds.syslog.port",
                "0",
                "feeds.certificate-file",
                certificates.certificate("feed").toString(),
                "feeds.key-file",
                certificates.key("feed").toString(),
                "pack.timeout-seconds",
                "3600"));
        Settings settings = Settings.load(
                new Settings.Sources(Mode.INGEST, options, Map.of(), null, folder, RouteFiles.in(routes)));
        List<String> lines = IntStream.range(0, LINES)
                .mapToObj("line %d: ü, \t \"quoted\" [and] <b>"::formatted)
                .toList();
        Path log = Files.write(folder.resolve("app.log"), lines);
        List<Process> senders = new ArrayList<>();
        try (Feeds feeds = new Feeds(settings, new Secrets(), Mode.INGEST).start()) {
            senders.add(rsyslog(log, feeds.port("syslog")));
            senders.add(syslogNg(log, feeds.port("syslog"), feeds.port("secure"), certificates.certificate("ca")));
            Await.until("all lines", () -> messages().size() >= 6 * LINES);
        } finally {
            senders.forEach(Process::destroyForcibly);
        }
        Map<String, Long> arrived =
                messages().stream().collect(Collectors.groupingBy(line -> line, Collectors.counting()));
        assertThat(arrived.keySet()).containsExactlyInAnyOrderElementsOf(lines);
        assertThat(arrived.values()).containsOnly(6L);
    }

    private Process rsyslog(Path log, int port) throws IOException {
        String to = "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"%d\" ".formatted(port);
        Path configuration = Files.writeString(folder.resolve("rsyslog.conf"), """
                global(workDirectory="%1$s" parser.escapeControlCharactersOnReceive="off")
                module(load="imfile")
                input(type="imfile" file="%2$s" tag="app:" ruleset="out")
                ruleset(name="out") {
                  %3$s protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
                  %3$s protocol="tcp" template="RSYSLOG_TraditionalForwardFormat")
                  %3$s protocol="udp" template="RSYSLOG_ForwardFormat")
                }
                """.formatted(folder, log, to));
        return start(
                TestTools.program("rsyslogd").toString(),
                "-n",
                "-f",
                configuration.toString(),
                "-i",
                folder.resolve("rsyslog.pid").toString());
    }

    private Process syslogNg(Path log, int port, int securePort, Path authority) throws IOException {
        Path there = TestTools.syslogNg();
        Path configuration =
                Files.writeString(folder.resolve("syslog-ng.conf"), """
                @version: 3.38
                source app { file("%1$s" follow-freq(1) flags(no-parse)); };
                destination lines { network("127.0.0.1" port(%2$d) transport("tcp") persist-name("lines")); };
                destination datagrams { syslog("127.0.0.1" port(%2$d) transport("udp") persist-name("udp")); };
                destination secure {
                  syslog("127.0.0.1" port(%3$d) transport("tls") persist-name("tls") tls(ca-file("%4$s")));
                };
                log { source(app); destination(lines); destination(datagrams); destination(secure); };
                """.formatted(log, port, securePort, authority));
        ProcessBuilder builder = new ProcessBuilder(
                there.resolve("usr/sbin/syslog-ng").toString(),
                "-F",
                "--no-caps",
                "--module-path=" + there.resolve("usr/lib/syslog-ng/3.38"),
                "-f",
                configuration.toString(),
                "--persist-file=" + folder.resolve("syslog-ng.persist"),
                "-p",
                folder.resolve("syslog-ng.pid").toString(),
                "-c",
                folder.resolve("syslog-ng.ctl").toString());
        builder.environment()
                .put("LD_LIBRARY_PATH", there.resolve("usr/lib/syslog-ng").toString());
        return builder.inheritIO().start();
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).inheritIO().start();
    }

    private List<String> messages() {
        Path spool = folder.resolve("spool/acme/syslog");
        List<String> messages = new ArrayList<>();
        try (Stream<Path> files = Files.exists(spool) ? Files.list(spool) : Stream.empty()) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".ndjson")).toList()) {
                for (String line : Files.readAllLines(file)) {
                    messages.add(Json.mapper().readTree(line).path("message").asText());
                }
            }
            return messages;
        } catch (IOException e) {
            // It is being written.
            return List.of();
        }
    }
}
