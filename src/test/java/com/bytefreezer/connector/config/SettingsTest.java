package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final String PREFIX = "BYTEFREEZER_CONNECTOR_";
    private static final String SIEM = """
            # A comment may mention {{destination.siem.spelling}} without making it a setting.
            - route:
                id: destination-siem
                from:
                  uri: direct:destination-siem
                  steps:
                    - to:
                        uri: "{{destination.siem.url}}"
                        parameters:
                          index: "{{destination.siem.index:main}}"
                          username: "{{?destination.siem.username}}"
                          password: "{{?destination.siem.password}}"
                          method: "{{destination.siem.method:POST}}"
                          timeout: "{{destination.siem.timeout-ms:30000}}"
                          headers: "{{text:destination.siem.headers:}}"
            """;

    @TempDir
    private Path folder;

    private final Map<String, String> commandLine = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path config;

    @BeforeEach
    void aLakeAnExportAndADestinationFile() throws IOException {
        route("destinations/stdout", "- route: {}");
        route("destinations/siem", SIEM);
        route("exports/default", "- templatedRoute: {routeTemplateRef: export}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"change-me-too", "0123456789abcde", "sixteen letters or", "0123456789abcdeé"})
    void aGuessableOrUnsendableTokenIsRefusedAndNotShown(String token) {
        aCompleteExport();
        commandLine.put("server.token", token);
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("server.token must be")
                .doesNotContain(token);
    }

    // -- where values come from

    @Test
    void theCommandLineWinsOverEnvironmentYamlFileAndDefault() throws Exception {
        aCompleteExport();
        assertThat(load().text("schedule.batch-size")).isEqualTo("1000");

        properties("schedule.batch-size=1\n");
        assertThat(load().text("schedule.batch-size")).isEqualTo("1");

        yaml("schedule: {batch_size: 2}");
        assertThat(load().text("schedule.batch-size")).isEqualTo("2");

        environment.put("SCHEDULE_BATCH_SIZE", "3");
        assertThat(load().text("schedule.batch-size")).isEqualTo("3");

        environment.put(PREFIX + "SCHEDULE_BATCH_SIZE", "4");
        assertThat(load().text("schedule.batch-size")).isEqualTo("4");

        commandLine.put("schedule.batch-size", "5");
        assertThat(load().text("schedule.batch-size")).isEqualTo("5");
    }

    @Test
    void theKindOfANamedDestinationFollowsTheSameOrder() throws Exception {
        aCompleteExport();
        yaml("destinations: {a_b: {kind: siem}}");
        assertThat(load().routes().kindOf("a-b")).isEqualTo("siem");

        environment.put("DESTINATIONS_A_B_KIND", "stdout");
        commandLine.put("destinations.of-line.kind", "stdout");
        assertThat(load().routes().kindOf("a-b")).isEqualTo("stdout");

        commandLine.put("destinations.a-b.kind", "siem");
        Settings settings = load();
        assertThat(settings.text("destinations.a-b.kind")).isEqualTo("siem");
        assertThat(settings.routes().kindOf("a-b")).isEqualTo("siem");

        environment.put(PREFIX + "DESTINATIONS_OF_ENVIRONMENT_KIND", "siem");
        environment.put(PREFIX + "DESTINATIONS_OF_ENVIRONMENT_URL", "https://other.example");
        assertThat(load().routes().kindOf("of-environment")).isEqualTo("siem");
    }

    @Test
    void aNameWithAnUnderscoreIsOneDestinationInTheEnvironment() throws Exception {
        aCompleteExport();
        commandLine.put("destinations.a_b.kind", "siem");
        commandLine.put("destinations.a_b.url", "https://siem.example");
        environment.put("DESTINATIONS_A_B_KIND", "stdout");
        assertThat(load().routes().kindOf("a_b")).isEqualTo("siem");
        assertThat(load().routes().isNamed("a-b")).isFalse();
    }

    @Test
    void anEmptyValueDoesNotHideOneBelowIt() throws Exception {
        aCompleteExport();
        properties("query.dataset-id=below\n");
        yaml("query: {dataset_id: ''}");
        commandLine.remove("query.dataset-id");
        environment.put("QUERY_DATASET_ID", " ");
        assertThat(load().text("query.dataset-id")).isEqualTo("below");
    }

    @Test
    void spacesAndLineEndsAroundAValueAreNotPartOfIt() throws Exception {
        aCompleteExport();
        properties("schedule.batch-size=7 \n");
        environment.put("S3_ACCESS_KEY", "id\n");
        environment.put("S3_SECRET_KEY", "secret\n");
        assertThat(load().integer("schedule.batch-size")).isEqualTo(7);
        assertThat(load().text("s3.secret-key")).isEqualTo("secret");
    }

    @Test
    void everyKeyOfTheOriginalsYamlIsUnderstood() throws Exception {
        yaml("""
                app: {name: my-connector, version: 1.2.3}
                logging: {level: debug}
                server: {port: 8090}
                control: {url: "https://control.example", api_key: key-1, account_id: account-1}
                s3: {endpoint: "minio:9000", bucket: lake, region: eu-1, access_key: id-1, secret_key: secret-1, use_ssl: false}
                health_reporting: {enabled: true, report_interval: 30, timeout_seconds: 10, register_on_startup: true}
                query:
                  tenant_id: tenant-1
                  dataset_id: 42
                  sql: |
                    SELECT *
                    FROM events
                destination:
                  type: siem
                  config: {url: "https://siem.example", index: logs, username: me, password: word, method: PUT}
                cursor: {file: here.json}
                schedule: {interval_seconds: 5, batch_size: 50}
                """);
        Settings settings = load();
        assertThat(settings.asProperties())
                .containsAllEntriesOf(Map.ofEntries(
                        Map.entry("logging.level", "debug"),
                        Map.entry("control.url", "https://control.example"),
                        Map.entry("control.api-key", "key-1"),
                        Map.entry("control.account-id", "account-1"),
                        Map.entry("s3.endpoint", "minio:9000"),
                        Map.entry("s3.bucket", "lake"),
                        Map.entry("s3.region", "eu-1"),
                        Map.entry("s3.access-key", "id-1"),
                        Map.entry("s3.secret-key", "secret-1"),
                        Map.entry("s3.use-ssl", "false"),
                        Map.entry("query.tenant-id", "tenant-1"),
                        Map.entry("query.dataset-id", "42"),
                        Map.entry("query.sql", "SELECT *\nFROM events"),
                        Map.entry("destination.siem.url", "https://siem.example"),
                        Map.entry("destination.siem.index", "logs"),
                        Map.entry("destination.siem.username", "me"),
                        Map.entry("destination.siem.password", "word"),
                        Map.entry("destination.siem.method", "PUT"),
                        Map.entry("cursor.file", "here.json"),
                        Map.entry("schedule.interval-seconds", "5"),
                        Map.entry("schedule.batch-size", "50")));
        assertThat(settings.secrets()).contains("key-1", "id-1", "secret-1", "word");
    }

    @Test
    void emptyKeysOfTheOriginalsYamlAreLikeAbsentOnes() throws Exception {
        aCompleteExport();
        yaml("s3:\nhealth_reporting: {}\ndestination: {type: stdout, config: {url: '', index: ''}}\n");
        assertThat(load().optional("s3.bucket")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing but a comment\n", "---\n"})
    void anEmptyConfigFileIsLikeNone(String text) throws Exception {
        aCompleteExport();
        yaml(text);
        assertThat(load().text("destination.type")).isEqualTo("stdout");
    }

    @Test
    void zeroCountsAsUnsetWhereTheOriginalHadTheKey() throws Exception {
        aCompleteExport();
        yaml("""
                schedule: {interval_seconds: 0, batch_size: 0}
                delivery: {max_retries: 0}
                cursor: {lookback_hours: 0}
                """);
        Settings settings = load();
        assertThat(settings.integer("schedule.interval-seconds")).isEqualTo(60);
        assertThat(settings.integer("schedule.batch-size")).isEqualTo(1000);
        assertThat(settings.integer("delivery.max-retries")).isZero();
        assertThat(settings.integer("cursor.lookback-hours")).isZero();
    }

    @Test
    void destinationConfigGoesToTheDestinationThatTheEnvironmentChooses() throws Exception {
        aCompleteExport();
        yaml("destination: {type: stdout, config: {url: 'https://siem.example'}}");
        environment.put("DESTINATION_TYPE", "siem");
        assertThat(load().text("destination.siem.url")).isEqualTo("https://siem.example");
    }

    @Test
    void theHeadersMapBecomesLinesAndOthersAreAddedSingly() throws Exception {
        aCompleteExport();
        yaml(
                "destination: {type: siem, config: {url: 'http://x', headers: {X_Source: lake, X-Keep: 0, authorization: old}}}");
        environment.put(PREFIX + "DESTINATION_CONFIG_HEADERS_AUTHORIZATION", "Bearer key-123");
        commandLine.put("destination.siem.headers.X-Team", "blue");
        Settings settings = load();
        assertThat(settings.text("destination.siem.headers").lines())
                .containsExactlyInAnyOrder(
                        "X_Source: lake", "X-Keep: 0", "authorization: Bearer key-123", "X-Team: blue");
        assertThat(settings.secrets()).contains("Bearer key-123", "key-123").doesNotContain("lake");
    }

    @ParameterizedTest
    @CsvSource({
        "LOGGING_LEVEL, logging.level, warn",
        "CONTROL_URL, control.url, http://c",
        "CONTROL_API_KEY, control.api-key, key-1",
        "CONTROL_ACCOUNT_ID, control.account-id, a",
        "S3_ENDPOINT, s3.endpoint, e:9000",
        "S3_BUCKET, s3.bucket, b",
        "S3_REGION, s3.region, r",
        "S3_USE_SSL, s3.use-ssl, true",
        "QUERY_TENANT_ID, query.tenant-id, t",
        "QUERY_DATASET_ID, query.dataset-id, d",
        "QUERY_SQL, query.sql, SELECT 1",
        "DESTINATION_TYPE, destination.type, siem",
        "DESTINATION_CONFIG_URL, destination.siem.url, http://u",
        "DESTINATION_CONFIG_INDEX, destination.siem.index, i",
        "DESTINATION_CONFIG_USERNAME, destination.siem.username, u",
        "DESTINATION_CONFIG_PASSWORD, destination.siem.password, p",
        "DESTINATION_CONFIG_METHOD, destination.siem.method, PUT",
        "DESTINATION_CONFIG_TIMEOUT_MS, destination.siem.timeout-ms, 5",
        "DESTINATION_CONFIG_HEADERS_X_SOURCE, destination.siem.headers, x-source: lake",
        "CURSOR_FILE, cursor.file, f",
        "SCHEDULE_INTERVAL_SECONDS, schedule.interval-seconds, 9",
        "SCHEDULE_BATCH_SIZE, schedule.batch-size, 9",
        "DESTINATION_SIEM_PASSWORD, destination.siem.password, p",
    })
    void everyEnvironmentNameOfTheOriginalIsUnderstood(String variable, String name, String value) throws Exception {
        aCompleteExport();
        Map.of("destination.type", "siem", "destination.siem.url", "http://x").forEach(commandLine::put);
        commandLine.remove(name);
        environment.put(
                PREFIX + variable, value.substring(value.indexOf(": ") + 1).strip());
        assertThat(load().text(name)).isEqualTo(value);
        assertThat(unknown()).isEmpty();
    }

    @Test
    void keysForTheBucketMayComeFromTheEnvironment() throws Exception {
        aCompleteExport();
        environment.put(PREFIX + "S3_ACCESS_KEY", "id-1");
        environment.put(PREFIX + "S3_SECRET_KEY", "secret-1");
        assertThat(load().text("s3.access-key")).isEqualTo("id-1");
        assertThat(load().text("s3.secret-key")).isEqualTo("secret-1");
        assertThat(unknown()).isEmpty();
    }

    @Test
    void theBareNamesOfTheDeploymentsAreUnderstood() throws Exception {
        aCompleteExport();
        environment.putAll(Map.of(
                "CONTROL_URL", "http://c",
                "CONTROL_API_KEY", "key-1",
                "ACCOUNT_ID", "account-1",
                "LAKE_ROOT", "file:elsewhere",
                "DESTINATION_SIEM_INDEX", "logs"));
        commandLine.remove("lake.root");
        assertThat(load().asProperties())
                .containsAllEntriesOf(Map.of(
                        "control.url", "http://c",
                        "control.api-key", "key-1",
                        "control.account-id", "account-1",
                        "lake.root", "file:elsewhere",
                        "destination.siem.index", "logs"));
    }

    @Test
    void aWrongNameWithThePrefixIsReportedKubernetesNamesAreNot() {
        for (String name : List.of(
                "SERVICE_HOST",
                "SERVICE_PORT",
                "SERVICE_PORT_HTTP",
                "PORT",
                "PORT_8090_TCP",
                "PORT_8090_TCP_ADDR",
                "SERVER_PORT",
                "APP_NAME",
                "HEALTH_REPORTING_ENABLED",
                "HEALTH_REPORTING_REGISTER_ON_STARTUP",
                "QUERY_SQL",
                "DESTINATION_CONFIG_URL",
                "DESTINATION_CONFIG_HEADERS_X",
                "QUERRY_SQL",
                "DESTINATION_CONFIG_ULR")) {
            environment.put(PREFIX + name, "x");
        }
        environment.put("QUERRY_SQL", "not ours");
        assertThat(unknown()).containsExactly(PREFIX + "DESTINATION_CONFIG_ULR", PREFIX + "QUERRY_SQL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "012345",
                "007",
                "1e5",
                "1_000",
                "1.10",
                "no",
                "yes",
                "True",
                "0x1F",
                "0o17",
                "2026-11-20",
                ".inf",
                "1:30"
            })
    void aTextOfTheYamlIsAsItIsWritten(String text) throws Exception {
        aCompleteExport();
        commandLine.remove("query.tenant-id");
        yaml("""
                query: {tenant_id: %1$s}
                control: {api_key: %1$s}
                """.formatted(text));
        assertThat(load().text("query.tenant-id")).isEqualTo(text);
        assertThat(load().text("control.api-key")).isEqualTo(text);
    }

    @Test
    void whatKubernetesSetsForAServiceIsNoSetting() throws Exception {
        aCompleteExport();
        environment.put("SERVER_PORT", "tcp://10.0.0.1:8090");
        environment.put(PREFIX + "SERVER_PORT", "udp://[fd00::1]:53");
        assertThat(load().text("server.port")).isEqualTo("8090");
    }

    @ParameterizedTest
    @CsvSource({
        "/data/lake, file:/data/lake",
        "./lake, file:./lake",
        "../lake, file:../lake",
        "., file:.",
        "file:///data, file:///data",
        "file:data, file:data",
        "s3://b/p, s3://b/p"
    })
    void aLakeMayBeAFolderByItsPath(String root, String understood) throws Exception {
        aCompleteExport();
        commandLine.put("lake.root", root);
        if (root.startsWith("s3:")) {
            commandLine.put("s3.region", "r");
        }
        assertThat(load().text("lake.root")).isEqualTo(understood);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "~/lake",
                "file:~/lake",
                "C:\\lake",
                "lake",
                "s3:/b",
                "s3a://b",
                "S3://b",
                "s3://",
                "file:",
                "file://host/lake"
            })
    void whatIsNoLakeIsAProblem(String root) {
        aCompleteExport();
        commandLine.put("lake.root", root);
        assertThat(problems()).anyMatch(line -> line.startsWith("lake.root must be a bucket like s3://"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"control.url", "tracing.url"})
    void aUrlWithoutASchemeIsAProblem(String setting) {
        aCompleteExport();
        for (String value :
                List.of("api.example", "api.example:443/x", "ftp://x", "https:///x", "https:x", "http://a b")) {
            commandLine.put(setting, value);
            assertThat(problems())
                    .as(value)
                    .anyMatch(line -> line.startsWith(setting + " must be a URL that starts with http:// or https://"));
        }
    }

    // -- the sample

    @Test
    void theSampleIsUsedWhenNothingNamesALake() throws Exception {
        sample();
        Settings settings = load();
        assertThat(settings.isSample()).isTrue();
        assertThat(settings.text("query.sql")).isEqualTo("SELECT 1");
        commandLine.put("query.sql", "SELECT 2");
        assertThat(load().text("query.sql")).isEqualTo("SELECT 2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lake.root",
                "s3.bucket",
                "s3.endpoint",
                "s3.access-key",
                "control.url",
                "control.api-key",
                "control.account-id"
            })
    void theSampleIsNotUsedWhenSomethingPointsToALake(String name) throws Exception {
        sample();
        commandLine.put(name, "http://x");
        assertThat(problems()).contains("query.tenant-id is required for the default export. Not started.");
    }

    @Test
    void theSampleIsNotUsedWithAConfigFile() throws Exception {
        sample();
        yaml("logging: {level: info}");
        assertThat(problems()).anyMatch(line -> line.startsWith("control.url is required"));
    }

    // -- problems

    @Test
    void allProblemsAreReportedTogetherInOneLineEach() throws Exception {
        yaml("""
                lak: {root: "file:x"}
                query: {tennant_id: t, sync: sometimes}
                destination: {type: webhok, config: {url: "http://x"}}
                schedule: {batch_size: many, interval_seconds: -1}
                s3: {access_key: id-1}
                """);
        commandLine.put("cursor.lookback-hour", "1");
        assertThat(problems())
                .contains(
                        "lak.root is not a setting. Did you mean lake.root? Not started.",
                        "query.tennant-id is not a setting. Did you mean query.tenant-id? Not started.",
                        "cursor.lookback-hour is not a setting. Did you mean cursor.lookback-hours? Not started.",
                        "query.sync must be one of auto, incremental, full, not \"sometimes\". Not started.",
                        "schedule.batch-size must be a whole number from 1 to 1000000, not \"many\". Not started.",
                        "schedule.interval-seconds must be a whole number from 1 to 31536000, not \"-1\". Not started.",
                        "s3.access-key and s3.secret-key belong together, but only one is set. Not started.",
                        "destination.type: unknown destination \"webhok\", available: siem stdout. Not started.",
                        "control.url is required where no s3.bucket and no local lake.root is set. Not started.",
                        "query.tenant-id is required for the default export. Not started.")
                .noneMatch(line -> line.contains("destination.webhok"))
                .doesNotHaveDuplicates();
    }

    @Test
    void whatCamelWouldEvaluateIsAProblemWhoseValueStaysHidden() throws Exception {
        aCompleteExport();
        commandLine.putAll(Map.of(
                "destination.type", "siem",
                "destination.siem.url", "http://siem",
                "destination.siem.username", "us}}er",
                "destination.siem.password", "pass{{word"));

        assertThat(problems())
                .hasSize(2)
                .allMatch(
                        line -> line.matches(
                                "destination\\.siem\\.(password|username): Camel would evaluate some characters of this value, because routes/.*siem.camel.yaml inserts it into text\\. Not started\\. .*"));
    }

    @Test
    void aWrongNumberOfADestinationIsAProblem() throws Exception {
        aCompleteExport();
        commandLine.putAll(Map.of(
                "destination.type", "siem", "destination.siem.url", "http://x", "destination.siem.timeout-ms", "30s"));
        assertThat(problems())
                .containsExactly(
                        "destination.siem.timeout-ms must be a whole number from 0, not \"30s\". Not started.");
    }

    @Test
    void aSharedCursorIsInPostgresAndItsPasswordIsNotShown() throws Exception {
        aCompleteExport();
        commandLine.putAll(
                Map.of("cursor.url", "jdbc:mysql://db/cursor?user=me&password=hunter-22", "cursor.claim-seconds", "0"));
        assertThat(problems())
                .containsExactlyInAnyOrder(
                        "cursor.url must start with jdbc:postgresql://, not \"jdbc:mysql://db/cursor?user=me&password=***\". Not started.",
                        "cursor.claim-seconds must be a whole number from 1 to 86400, not \"0\". Not started.");
    }

    @Test
    void aMisspeltNameUnderDestinationConfigGetsTheNameThatIsMeant() throws Exception {
        aCompleteExport();
        yaml("destination: {type: siem, config: {url: x, indx: logs}}");
        assertThat(problems())
                .containsExactly(
                        "destination.config.indx is not a setting. Did you mean destination.siem.index? Not started.");
    }

    @Test
    void malformedYamlIsReportedWithItsLine() throws Exception {
        yaml("query:\n  tenant_id: t\n api_key: sk-4711\n");
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith(config + " is not YAML: line 3, column ")
                .endsWith(" Not started.")
                .doesNotContain("sk-4711");
    }

    @Test
    void aKeyThatStandsTwiceIsReported() throws Exception {
        yaml("query: {sql: a}\nquery: {sql: b}\n");
        assertThat(problems())
                .singleElement()
                .asString()
                .contains("is not YAML: line 2")
                .contains("query");
    }

    @Test
    void aConfigFileThatIsNoMapIsReported() throws Exception {
        yaml("just words");
        assertThat(problems())
                .singleElement()
                .asString()
                .contains("no settings")
                .endsWith("Not started.");
    }

    @Test
    void aMissingConfigFileIsReported() {
        config = folder.resolve("nowhere.yaml");
        assertThat(problems())
                .containsExactly(
                        config + " cannot be read (NoSuchFileException). Not started. Name the file with --config.");
    }

    @Test
    void aSecretIsInNoProblem() throws Exception {
        aCompleteExport();
        commandLine.putAll(Map.of(
                "s3.secret-key", "hunter2hunter2",
                "logging.level", "hunter2hunter2",
                "control.url", "ftp://me:hunter3@control.example",
                "s3.secret-keys", "hunter4"));
        assertThat(problems()).hasSize(4).noneMatch(line -> line.contains("hunter"));
    }

    @Test
    void logLevelsMayBeWrittenInCapitals() throws Exception {
        aCompleteExport();
        commandLine.put("logging.level", "INFO");
        assertThat(load().text("logging.level")).isEqualTo("INFO");
    }

    // -- route files

    @Test
    void aDestinationsRequiredSettingsAreRequiredOnlyWhenItIsUsed() throws Exception {
        aCompleteExport();
        assertThat(load().routeFiles()).noneMatch(file -> file.endsWith("siem.camel.yaml"));

        commandLine.put("destination.type", "siem");
        assertThat(problems())
                .containsExactly(
                        "destination.siem.url is required by routes/destinations/siem.camel.yaml. Not started.");

        commandLine.put("destination.siem.url", "http://x");
        assertThat(load().routeFiles())
                .anyMatch(file -> file.endsWith("siem.camel.yaml"))
                .noneMatch(file -> file.endsWith("stdout.camel.yaml"));
    }

    @Test
    void furtherExportsNeedNoDefaultOne() throws Exception {
        commandLine.put("lake.root", "file:x");
        route("exports/more", export("siem"));
        assertThat(problems())
                .containsExactly(
                        "destination.siem.url is required by routes/destinations/siem.camel.yaml. Not started.");
        commandLine.put("destination.siem.url", "http://x");
        assertThat(load().exports())
                .singleElement()
                .extracting(ExportDefinition::name)
                .isEqualTo("more");
        assertThat(load().routeFiles())
                .anyMatch(file -> file.endsWith("siem.camel.yaml"))
                .noneMatch(file -> file.endsWith("stdout.camel.yaml"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{{destination.type}}"})
    void anExportWithoutADestinationOfItsOwnUsesTheChosenOne(String destination) throws Exception {
        commandLine.put("lake.root", "file:x");
        route("exports/more", export(destination));
        assertThat(load().routeFiles()).anyMatch(file -> file.endsWith("stdout.camel.yaml"));
    }

    @Test
    void anUnknownDestinationOfAnExportIsReportedWithItsFile() throws Exception {
        commandLine.put("lake.root", "file:x");
        route("exports/more", export("siemens"));
        assertThat(problems())
                .containsExactly(
                        "routes/exports/more.camel.yaml: unknown destination \"siemens\", available: siem stdout. Not started.");
    }

    @Test
    void severalDestinationsAreCheckedOneByOne() throws Exception {
        aCompleteExport();
        commandLine.put("destination.type", "stdout, siem");
        assertThat(problems())
                .containsExactly(
                        "destination.siem.url is required by routes/destinations/siem.camel.yaml. Not started.");

        commandLine.put("destination.siem.url", "http://siem.example");
        assertThat(load().routeFiles())
                .extracting(file -> file.getFileName().toString())
                .contains("stdout.camel.yaml", "siem.camel.yaml");

        commandLine.put("destination.type", "siem,webhok,siem,");
        assertThat(problems())
                .containsExactly(
                        "destination.type: it names a destination twice: siem,webhok,siem,. Not started.",
                        "destination.type: unknown destination \"webhok\", available: siem stdout. Not started.",
                        "destination.type: unknown destination \"\", available: siem stdout. Not started.");
    }

    @Test
    void destinationConfigIsRefusedWhereSeveralDestinationsAreChosen() throws Exception {
        aCompleteExport();
        commandLine.put("destination.siem.url", "http://siem.example");
        yaml("destination: {type: [siem, stdout], config: {index: main}}");

        assertThat(problems())
                .containsExactly(
                        "destination.config.index belongs to no destination, because destination.type names several."
                                + " Not started. Use destination.siem.index or destination.stdout.index.");
    }

    @Test
    void theRepositorysOwnRoutesNeedNothingButAQueryAndALake() throws Exception {
        aCompleteExport();
        Path project = TestTools.projectDirectory();
        RouteFiles routes = RouteFiles.in(project.resolve("routes"));
        Settings settings =
                Settings.load(new Settings.Sources(Mode.BATCH, commandLine, environment, null, project, routes));
        assertThat(settings.routeFiles()).anyMatch(file -> file.endsWith("stdout.camel.yaml"));
    }

    // -- data.folder

    @Test
    void relativeNamesOfWhatIsWrittenAreOfTheDataFolder() throws Exception {
        aCompleteExport();
        yaml("cursor: {file: cursor.json}");
        assertThat(load().text("cursor.file")).isEqualTo("cursor.json");

        environment.put("DATA_FOLDER", "/data");
        commandLine.put("delivery.dead-letters-folder", "refused");
        Settings settings = load();
        assertThat(settings.text("cursor.file")).isEqualTo("/data/cursor.json");
        assertThat(settings.deadLettersFolder()).hasToString("/data/refused");
        assertThat(settings.with(Mode.BATCH, Map.of()).text("cursor.file")).isEqualTo("/data/cursor.json");

        yaml("cursor: {file: /other/cursor.json}");
        assertThat(load().text("cursor.file")).isEqualTo("/other/cursor.json");
    }

    // -- application.properties

    @Test
    void everySettingIsUsedAndExplainedInTheLineAboveIt() throws Exception {
        Path project = TestTools.projectDirectory();
        List<String> lines = Files.readAllLines(project.resolve("application.properties"));
        String program = text(project.resolve("src/main/java"), ".java") + text(project.resolve("routes"), ".yaml");
        Properties settings = new Properties();
        settings.load(new StringReader(String.join("\n", lines)));
        assertThat(settings.stringPropertyNames())
                .filteredOn(name -> !name.startsWith("camel."))
                .allMatch(name -> program.contains("\"" + name + "\"")
                        || program.contains("{{" + name + "}}")
                        || program.contains("{{" + name + ":"));
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank() && !lines.get(i).startsWith("#")) {
                assertThat(lines.get(i - 1)).as("above %s", lines.get(i)).startsWith("# ");
            }
        }
    }

    private static String text(Path folder, String suffix) throws IOException {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(suffix)).toList()) {
                text.append(Files.readString(file));
            }
        }
        // What the settings are checked with is not a use of them.
        return text.toString().replaceAll("RULES\\.put\\(\\s*\"[^\"]+\"", "");
    }

    @Test
    void routeFilesMayBeLinksAsInAVolumeOfKubernetes() throws IOException {
        Path volume = Files.createDirectories(folder.resolve("volume"));
        Path version = Files.createDirectory(volume.resolve("..2026_11_21_09_00_00.123"));
        Files.writeString(version.resolve("more.camel.yaml"), export("webhook"));
        Files.createSymbolicLink(volume.resolve("..data"), version.getFileName());
        Files.createSymbolicLink(volume.resolve("more.camel.yaml"), Path.of("..data", "more.camel.yaml"));
        Path real = Files.createDirectory(folder.resolve("real"));
        Files.createSymbolicLink(real.resolve("exports"), volume);
        Path routes = Files.createSymbolicLink(folder.resolve("linked"), real);

        assertThat(RouteFiles.in(routes).files()).containsExactly(routes.resolve("exports/more.camel.yaml"));
    }

    private void aCompleteExport() {
        commandLine.putAll(Map.of(
                "lake.root", "file:lake", "query.tenant-id", "t", "query.dataset-id", "d", "query.sql", "SELECT 1"));
    }

    private void sample() throws IOException {
        Files.createDirectory(folder.resolve("samples"));
        Files.writeString(
                folder.resolve("samples/sample.properties"),
                "lake.root=file:samples/lake\nquery.tenant-id=t\nquery.dataset-id=d\nquery.sql=SELECT 1\n");
    }

    private static String export(String destination) {
        String parameter = destination.isEmpty() ? "" : ", {name: destination, value: \"" + destination + "\"}";
        return "- templatedRoute: {routeTemplateRef: export, parameters: [{name: name, value: more}%s]}\n"
                .formatted(parameter);
    }

    private void route(String name, String text) throws IOException {
        Path file = folder.resolve("routes").resolve(name + ".camel.yaml");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void properties(String text) throws IOException {
        Files.writeString(folder.resolve("application.properties"), text);
    }

    private void yaml(String text) throws IOException {
        config = Files.writeString(folder.resolve("config.yaml"), text);
    }

    private RouteFiles routes() {
        return RouteFiles.in(folder.resolve("routes"));
    }

    private List<String> unknown() {
        return Environment.unknown(environment, routes());
    }

    private Settings load() throws SettingsException {
        return Settings.load(new Settings.Sources(Mode.BATCH, commandLine, environment, config, folder, routes()));
    }

    /** The problems that stop the start, each of which is one line that says so. */
    private List<String> problems() {
        List<String> problems = catchThrowableOfType(SettingsException.class, this::load).problems().stream()
                .map(Problem::line)
                .toList();
        assertThat(problems).allMatch(line -> line.contains("Not started.") && !line.contains("\n"));
        return problems;
    }
}
