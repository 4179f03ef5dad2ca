// hec is the Splunk HTTP Event Collector of the OpenTelemetry Collector (splunkhecreceiver, ackextension) as a program
// of its own, for tests. What it parses, refuses and acknowledges is the real receiver's doing. The front is ours: the
// receiver checks no token, and cannot be told to be busy (GET /_ctl?busy=3&code=503). With -otlp it also takes traces by
// OTLP over HTTP (otlpreceiver).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/ackextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/splunkhecreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

var (
	listen   = flag.String("listen", "127.0.0.1:8088", "address")
	token    = flag.String("token", "", "the token that is accepted")
	out      = flag.String("out", "", "file for the events, a line of JSON each; none: they are only counted")
	otlp     = flag.String("otlp", "", "address for traces by OTLP over HTTP; none: they are not taken")
	spans    = flag.String("spans", "", "file for the traces, a request in OTLP's JSON a line")
	events   atomic.Int64
	requests atomic.Int64
	busy     atomic.Int64
	busyCode atomic.Int64
)

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// event is what arrived, in the names of HEC.
type event struct {
	TimeMs     int64          `json:"timeMs,omitempty"`
	Host       string         `json:"host,omitempty"`
	Source     string         `json:"source,omitempty"`
	Sourcetype string         `json:"sourcetype,omitempty"`
	Index      string         `json:"index,omitempty"`
	Fields     map[string]any `json:"fields,omitempty"`
	Event      any            `json:"event"`
}

func main() {
	flag.Parse()
	inner := startReceiver(keep())
	if *otlp != "" {
		startTraces()
	}
	front := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inner})
	http.HandleFunc("/_ctl", control)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/health") && refuses(w, r) {
			return
		}
		front.ServeHTTP(w, r)
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}

// keep gives the consumer of the events; they are in the file before the sender has its answer.
func keep() consumer.Logs {
	var file *os.File
	if *out != "" {
		file = appending(*out)
	}
	var one sync.Mutex
	return must(consumer.NewLogs(func(_ context.Context, logs plog.Logs) error {
		if file != nil {
			one.Lock()
			defer one.Unlock()
			if _, err := file.Write(lines(logs)); err != nil {
				return err
			}
		}
		events.Add(int64(logs.LogRecordCount()))
		requests.Add(1)
		return nil
	}))
}

func lines(logs plog.Logs) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, resource := range logs.ResourceLogs().All() {
		attribute := func(name string) string {
			if value, there := resource.Resource().Attributes().Get(name); there {
				return value.AsString()
			}
			return ""
		}
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				err := encoder.Encode(event{
					TimeMs:     record.Timestamp().AsTime().UnixMilli(),
					Host:       attribute("host.name"),
					Source:     attribute("com.splunk.source"),
					Sourcetype: attribute("com.splunk.sourcetype"),
					Index:      attribute("com.splunk.index"),
					Fields:     record.Attributes().AsRaw(),
					Event:      record.Body().AsRaw(),
				})
				if err != nil {
					log.Fatal(err)
				}
			}
		}
	}
	return text.Bytes()
}

// startReceiver returns the address of the receiver.
func startReceiver(logs consumer.Logs) string {
	background := context.Background()
	telemetry := componenttest.NewNopTelemetrySettings()
	extensions := host{}
	ack := component.MustNewID("ack")
	acks := ackextension.NewFactory()
	extensions[ack] = must(acks.Create(
		background, extension.Settings{ID: ack, TelemetrySettings: telemetry}, acks.CreateDefaultConfig()))

	factory := splunkhecreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*splunkhecreceiver.Config)
	config.ServerConfig.NetAddr.Endpoint = freeAddress()
	config.ServerConfig.NetAddr.Transport = "tcp"
	config.Ack.Extension = &ack
	settings := receiver.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: telemetry}
	for _, part := range []component.Component{
		extensions[ack], must(factory.CreateLogs(background, settings, config, logs)),
	} {
		if err := part.Start(background, extensions); err != nil {
			log.Fatal(err)
		}
	}
	return config.ServerConfig.NetAddr.Endpoint
}

// startTraces takes traces; they are in the file before the sender has its answer.
func startTraces() {
	file := appending(*spans)
	marshaler := ptrace.JSONMarshaler{}
	var one sync.Mutex
	traces := must(consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		one.Lock()
		defer one.Unlock()
		_, err := file.Write(append(must(marshaler.MarshalTraces(traces)), '\n'))
		return err
	}))

	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = *otlp
	server.NetAddr.Transport = "tcp"
	config.HTTP = configoptional.Some(otlpreceiver.HTTPConfig{ServerConfig: server, TracesURLPath: "/v1/traces"})
	settings := receiver.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	background := context.Background()
	if err := must(factory.CreateTraces(background, settings, config, traces)).Start(background, host{}); err != nil {
		log.Fatal(err)
	}
}

func appending(path string) *os.File {
	return must(os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644))
}

func freeAddress() string {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	return listener.Addr().String()
}

func control(w http.ResponseWriter, r *http.Request) {
	if n, err := strconv.ParseInt(r.FormValue("busy"), 10, 64); err == nil {
		code, _ := strconv.ParseInt(r.FormValue("code"), 10, 64)
		busyCode.Store(code)
		busy.Store(n)
	}
	fmt.Fprintf(w, `{"events":%d,"requests":%d,"busy":%d}`, events.Load(), requests.Load(), max(0, busy.Load()))
}

// refuses answers like Splunk where the token is wrong or the server is told to be busy.
func refuses(w http.ResponseWriter, r *http.Request) bool {
	given := r.Header.Get("Authorization")
	switch {
	case given == "":
		answer(w, http.StatusUnauthorized, "Token is required", 2)
	case !strings.HasPrefix(given, "Splunk "):
		answer(w, http.StatusUnauthorized, "Invalid authorization", 3)
	case given != "Splunk "+*token:
		answer(w, http.StatusForbidden, "Invalid token", 4)
	case busy.Load() > 0 && busy.Add(-1) >= 0:
		answer(w, int(busyCode.Load()), "Server is busy", 9)
	default:
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, text string, code int) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"text":%q,"code":%d}`, text, code)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
