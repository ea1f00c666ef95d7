// SPDX-License-Identifier: Apache-2.0

// The small app of docs/api/languages.md in Go, with its standard library alone: bk-connect hello
//
// The connection to the system is standard input and output, since package net knows no vsock. What the app has to tell
// goes to standard error, where package log writes.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"regexp"
	"strings"
)

type object = map[string]any

var received = bufio.NewReader(os.Stdin)
var buttons = []object{{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}}
var whyNot = map[string]string{
	"org.varlink.service.PermissionDenied": "I may not know",
	"org.varlink.service.MethodNotFound":   "this system has no such thing",
	"io.bulkhead.Location.NoSource":        "nobody knows",
}

// try fills answer, a pointer to a struct, with what the system answers, or returns the name of its error.
func try(message object, answer any) string {
	reply := struct {
		Error      string
		Parameters any
	}{Parameters: answer}
	text, err := json.Marshal(message)
	if err == nil {
		_, err = os.Stdin.Write(append(text, 0)) // the socket that os.Stdout is, too: there an error would be a signal
	}
	if err == nil {
		text, err = received.ReadBytes(0) // what comes behind it is kept
	}
	if err == nil {
		err = json.Unmarshal(text[:len(text)-1], &reply)
	}
	if err != nil {
		log.Fatalln("lost the system:", err)
	}
	return reply.Error
}

// call is for what the system does not refuse.
func call(method string, parameters object, answer any) {
	if name := try(object{"method": method, "parameters": parameters}, answer); name != "" {
		log.Fatalln("the system refused:", name)
	}
}

func introspect() {
	var info struct {
		Product, Version string
		Interfaces       []string
	}
	var notification struct{ Description string }
	call("org.varlink.service.GetInfo", object{}, &info)
	log.Println(info.Product, info.Version)
	for _, name := range info.Interfaces {
		log.Println(" ", name)
	}
	call("org.varlink.service.GetInterfaceDescription", object{"interface": "io.bulkhead.Notification"}, &notification)
	methods := regexp.MustCompile(`(?m)^method \w+`).FindAllString(notification.Description, -1)
	log.Println("methods:", strings.ReplaceAll(strings.Join(methods, " "), "method ", ""))
}

// ask tells whether the person wants to be asked again.
func ask(body string) bool {
	var posted struct{ ID int }
	var answer struct{ Button string }
	call("io.bulkhead.Notification.Post", object{"title": "Hello from Go", "body": body, "buttons": buttons}, &posted)
	log.Println("posted", posted.ID)
	answer.Button = "nothing" // and stays it when the answer holds null
	call("io.bulkhead.Notification.Watch", object{}, &answer)
	log.Println("pressed", answer.Button)
	return answer.Button == "again"
}

func main() {
	log.SetFlags(0)
	introspect()
	for again := ask("Shall I ask again?"); again; again = ask(`You pressed "Again".`) {
	}
	var place struct{ Latitude, Longitude float64 }
	name := try(object{"method": "io.bulkhead.Location.Watch", "parameters": object{"accuracy": "coarse"}}, &place)
	if words := whyNot[name]; words != "" {
		log.Println("location:", words)
	} else if name != "" {
		log.Println("location:", name)
	} else {
		log.Printf("location: %.2f %.2f", place.Latitude, place.Longitude)
	}
}
